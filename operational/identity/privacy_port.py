"""Where identity takes the audit gate and the vault from."""

from __future__ import annotations

import importlib
import importlib.util
import uuid
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import Purpose
from operational.identity.access import Actor

Vault = Any

_OPEN = text("select audit.open(:kind, :id, :purpose, :origin, :now)")


def open_audit(session: Session, actor: Actor, purpose: Purpose) -> uuid.UUID:
    if importlib.util.find_spec("operational.privacy") and importlib.util.find_spec(
        "operational.privacy.audit"
    ):
        module = importlib.import_module("operational.privacy.audit")
        return module.open_audit(session, actor, purpose)  # type: ignore[no-any-return]
    values = {
        "kind": actor.kind.value,
        "id": actor.id,
        "purpose": purpose.value,
        "origin": actor.origin,
        "now": clock.now(),
    }
    return session.execute(_OPEN, values).scalar_one()  # type: ignore[no-any-return]


def make_vault(_settings: Settings) -> Vault:
    return None
