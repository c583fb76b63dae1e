"""The page of a legal entity's card accounts: which account of the processor takes its card payments."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import select

from medspa.kernel.vocabulary import Permission
from operational.checkout.processor.open import account_names
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import LegalEntity, MerchantAccount
from operational.organization import service
from operational.organization.schemas import MerchantAccountCreate
from operational.pages import page_router, redirect
from operational.rows import get_row
from operational.setup import fields as forms
from operational.setup.attempt import Sent, attempt_form
from operational.setup.fields import Field
from operational.setup.small import small_page

pages = page_router()
Manager = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]
ACCOUNT = (
    Field("name", "Name", hint="Such as Cards, downtown."),
    Field(
        "processor_account",
        "What the processor calls it",
        required=False,
        hint="acct_ and letters or digits, or own: the account of the processor's key itself.",
    ),
    Field("reports_from", "Its report begins with", "date", required=False, hint="Empty: today."),
)


@pages.get("/setup/legal-entities/{entity_id}/cards")
def show_accounts(request: Request, unit: Manager, entity_id: uuid.UUID) -> Response:
    return _page(request, unit, entity_id, forms.blank(ACCOUNT), {})


@pages.post("/setup/legal-entities/{entity_id}/cards")
def add_account(request: Request, unit: Manager, entity_id: uuid.UUID, sent: Sent) -> Response:
    def act(values: dict[str, Any]) -> None:
        body = MerchantAccountCreate(
            legal_entity_id=entity_id, processor=unit.settings.processor, **values
        ).model_dump()
        names = account_names(unit.settings)
        service.create_merchant_account(unit.session, unit.actor, body, names=names)

    if wrong := attempt_form(unit.session, ACCOUNT, sent, act):
        return _page(request, unit, entity_id, forms.typed(ACCOUNT, sent), wrong)
    return redirect(f"/setup/legal-entities/{entity_id}/cards", request, "Saved.")


def _page(
    request: Request, unit: Unit, entity_id: uuid.UUID, values: Mapping[str, Any], wrong: Mapping[str, str]
) -> Response:
    entity = get_row(unit.session, LegalEntity, entity_id)
    rows = unit.session.scalars(
        select(MerchantAccount)
        .where(MerchantAccount.legal_entity_id == entity_id)
        .order_by(MerchantAccount.name)
    )
    return small_page(
        request,
        unit,
        ACCOUNT,
        values,
        wrong,
        title=f"Card accounts of {entity.name}",
        lead="Card payments at its locations go to one of these.",
        table=[(one.name, one.processor, str(one.reports_from)) for one in rows],
        columns=("Account", "Processor", "Report from"),
        back=(f"/setup/legal-entities/{entity_id}", entity.name),
        does="Add the account",
    )
