"""Drill-down over REST: a report's link opens the operational record."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends

from medspa.kernel.vocabulary import Permission, Purpose
from operational.drilldown.service import Kind, open_token
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.privacy.schemas import PhiSchema, render
from operational.privacy.token_keys import detoken
from operational.routing import AreaRouter

router = AreaRouter(prefix="/v1/drill-down", tags=["drill-down"])


class OpenedRecord(PhiSchema):
    """The record behind a token, with the link that shows it."""

    kind: str
    id: uuid.UUID
    client_id: uuid.UUID
    link: str


Opener = Annotated[Unit, Depends(needs(Permission.REPORT_FINANCE, phi=Purpose.OPERATIONS), scope="function")]


@router.get("/{kind}/{token}", summary="The operational record that a report's token stands for")
def drill_down(unit: Opener, kind: Kind, token: uuid.UUID) -> OpenedRecord:
    return opened_record(unit, kind, token)


def opened_record(unit: Unit, kind: Kind, token: uuid.UUID) -> OpenedRecord:
    """Decrypted, authorized, and recorded as shown."""
    opened = open_token(
        unit.session, unit.actor, lambda session, one: detoken(session, unit.vault, one), kind, token
    )
    return render(unit.session, unit.actor, f"drill_down.{kind}", OpenedRecord, opened)
