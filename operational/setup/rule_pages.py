"""The page of a service's booking rules: how early, how late, for whom, and whether online."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from medspa.kernel.vocabulary import Permission
from operational.booking import offering
from operational.booking.schedule_schemas import RuleIn
from operational.etag import etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Service
from operational.pages import page_router, redirect
from operational.rows import get_row
from operational.setup import fields as forms
from operational.setup.attempt import Sent, attempt_form
from operational.setup.fields import Field
from operational.setup.small import small_page

pages = page_router()
Manager = Annotated[Unit, Depends(needs(Permission.CATALOGUE_MANAGE), scope="function")]
RULE = (
    Field("lead_minutes", "Booked at least (minutes before)", "number", start="0"),
    Field(
        "horizon_days", "Booked at most (days ahead)", "number", required=False, hint="Empty: any time ahead."
    ),
    Field(
        "slot_minutes", "Starts every (minutes)", "number", required=False, hint="5, 10, 15, 20, 30 or 60."
    ),
    Field("min_age", "Not below the age of", "number", required=False, hint="Nobody overrides it."),
    Field("max_age", "Not above the age of", "number", required=False),
    Field("online", "Clients may book it themselves", "check", required=False, start="on"),
    Field(
        "shares_processing",
        "The provider may see others while it works in",
        "check",
        required=False,
        start="on",
    ),
)


@pages.get("/setup/services/{service_id}/rules")
def show_rules(request: Request, unit: Manager, service_id: uuid.UUID) -> Response:
    return _page(request, unit, service_id, None, {})


@pages.post("/setup/services/{service_id}/rules")
def set_rules(request: Request, unit: Manager, service_id: uuid.UUID, sent: Sent) -> Response:
    def act(values: dict[str, Any]) -> None:
        rule = RuleIn(**values)
        if_match = str(sent.get("if_match") or "") or None
        offering.set_rule(unit.session, unit.actor, service_id, rule, if_match)

    if wrong := attempt_form(unit.session, RULE, sent, act):
        return _page(request, unit, service_id, forms.typed(RULE, sent), wrong)
    return redirect(f"/setup/services/{service_id}", request, "Saved.")


def _page(
    request: Request,
    unit: Unit,
    service_id: uuid.UUID,
    sent: Mapping[str, Any] | None,
    wrong: Mapping[str, str],
) -> Response:
    service, rule = get_row(unit.session, Service, service_id), offering.rule_of(unit.session, service_id)
    kept = forms.blank(RULE)
    if rule is not None:
        kept = forms.written(RULE, {one.name: getattr(rule, one.name) for one in RULE}, "")
    return small_page(
        request,
        unit,
        RULE,
        sent or kept,
        wrong,
        title=f"Booking rules of {service.name}",
        lead="What booking it asks for beside free time, at the desk and online.",
        back=(f"/setup/services/{service_id}", service.name),
        if_match=etag(rule) if rule is not None else "",
        does="Save",
    )
