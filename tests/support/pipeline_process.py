"""A pipeline run as a process of its own, for tests that kill it: `python -m tests.support.pipeline_process`.

Standard input: a JSON object with settings, organizations and steps. Every progress line is printed at once.
"""

from __future__ import annotations

import json
import sys
import uuid

from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from pipelines.build.lock import builder_lock
from pipelines.run import land_and_load, lander, run_pipeline
from tests.factories.warehouse import keys_of


def main() -> int:
    order = json.loads(sys.stdin.read())
    settings = Settings(**order["settings"])
    keys = keys_of(*(uuid.UUID(one) for one in order["orgs"]))
    try:
        if order["whole"]:
            run_pipeline(settings, keys, report=_print)
        else:
            with builder_lock(settings):
                land_and_load(settings, lander(settings, keys, _print), report=_print)
    except DomainError as error:
        _print(f"{error.code}: {error.detail}")
        return 1
    _print("done")
    return 0


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
