"""Requests to the application, each in a process that kills itself at a named moment. Run as a script.

The script builds the application once and forks for every line of standard input: JSON with settings,
the moment, and the request. It answers with how the fork ended (a negative number: the signal).

Moments: `before_commit:n`, `after_commit:n` (the n-th commit of the request: claim, attempt, outcome),
`before_call`, `after_call` (of the processor).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event

from medspa.kernel.database import TenantSession
from medspa.kernel.settings import Settings
from operational.app import connected, create_app
from operational.checkout.processor.open import open_processor
from operational.checkout.processor.port import ChargeRequest, Processor, RefundRequest, Result
from tests.support.api import client_of


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Dying:
    """The processor, with a death just before or just after it is called."""

    real: Processor
    moment: str

    def charge(self, request: ChargeRequest) -> Result:
        return self._around(lambda: self.real.charge(request))

    def refund(self, request: RefundRequest) -> Result:
        return self._around(lambda: self.real.refund(request))

    def lookup(
        self, request_key: str, charge_reference: str | None = None, account: str = ""
    ) -> Result | None:
        return self.real.lookup(request_key, charge_reference, account)

    def _around(self, call: Any) -> Result:
        if self.moment == "before_call":
            die()
        result: Result = call()
        if self.moment == "after_call":
            die()
        return result


def die_at_commit(moment: str) -> None:
    name, _, number = moment.partition(":")
    if not number:
        return
    commits = 0

    def count(_session: object) -> None:
        nonlocal commits
        commits += 1
        if commits == int(number):
            die()

    event.listen(TenantSession, name, count)


def built(settings: Settings) -> FastAPI:
    """An application that was started once, which builds its routes."""
    app = create_app(settings)
    with client_of(settings, app):
        return app


def send(app: FastAPI, settings: Settings, asked: dict[str, Any]) -> None:
    processor = Dying(open_processor(settings), asked["moment"])
    app.router.lifespan_context = connected(settings, {"processor": processor})
    with client_of(settings, app) as client:
        die_at_commit(asked["moment"])
        client.post(asked["path"], json=asked["body"], headers=asked["headers"])


def main() -> None:
    app: FastAPI | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        settings = Settings(**asked["settings"])
        app = app or built(settings)
        child = os.fork()
        if child == 0:
            send(app, settings, asked)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
