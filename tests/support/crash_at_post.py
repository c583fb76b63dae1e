"""Sends messages in processes that kill themselves at a named moment. Run as a script.

It imports once and forks for every line of standard input: JSON with settings, organization and moment
(`before_call`, `after_call` of the messenger). It answers how the fork ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from medspa.kernel.database import make_engine
from medspa.kernel.settings import Settings
from operational.messaging.messenger.inprocess import InProcessMessenger
from operational.messaging.messenger.open import Messengers, open_inprocess
from operational.messaging.messenger.port import Outgoing, Result
from operational.messaging.send import Post, send_due
from operational.privacy.vault import Vault, load_master_key


@dataclass
class Dying:
    """The messenger, with a death just before or just after it is called."""

    real: InProcessMessenger
    moment: str

    def send(self, message: Outgoing) -> Result:
        if self.moment == "before_call":
            os.kill(os.getpid(), signal.SIGKILL)
        result = self.real.send(message)
        if self.moment == "after_call":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def lookup(self, message: Outgoing, since: datetime) -> Result | None:
        return self.real.lookup(message, since)


def send(asked: dict[str, Any]) -> None:
    settings = Settings(**asked["settings"])
    dying = Dying(open_inprocess(settings), asked["moment"])
    engine = make_engine(settings.operational_dsn("app"))
    post = Post(engine, Vault(load_master_key(settings)), settings, Messengers(dying, dying))
    send_due(post, uuid.UUID(asked["org_id"]))


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            send(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
