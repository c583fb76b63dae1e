"""What booking asks of other areas: clinical gates and fees."""

from __future__ import annotations

import importlib
import importlib.util
import uuid
from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy.orm import Session

from operational.identity.access import Actor
from operational.models import Appointment


def check_gates(
    session: Session,
    actor: Actor,
    appointment_id: uuid.UUID,
    stage: Literal["arrive", "complete"],
    overrides: Mapping[str, str] | None,
) -> None:
    module = _find("charting", "gates")
    if module is not None:
        module.check_gates(session, actor, appointment_id, stage, overrides)


def charge_fee(session: Session, actor: Actor, appointment: Appointment, *, late_cancel: bool) -> None:
    module = _find("checkout", "fees")
    if module is not None:
        module.charge_fee(session, actor, appointment, late_cancel=late_cancel)


def _find(area: str, module: str) -> Any:
    if importlib.util.find_spec(f"operational.{area}") is None:
        return None
    if importlib.util.find_spec(f"operational.{area}.{module}") is None:
        return None
    return importlib.import_module(f"operational.{area}.{module}")
