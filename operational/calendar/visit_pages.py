"""The panel of a visit, beside the calendar or as a page of its own, and the buttons that take it on.

What stands in the way is said in the panel. Forms that change a visit: change_pages.py; rules: booking.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

from fastapi import Depends, Form, Header, Request, Response
from sqlalchemy import select

from medspa.kernel import clock
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import CancelReason, NotPerformedReason, Permission, Purpose
from operational.booking import cancel as cancelling
from operational.booking import move as moving
from operational.booking import queries
from operational.booking import undo as undoing
from operational.booking import visit as visiting
from operational.booking.schemas import AppointmentOut, Complete, HistoryOut, Restore
from operational.calendar.refused import Refused, refused
from operational.calendar.together import again_of, coming_of, group_of
from operational.calendar.ways import ways_of
from operational.charting.errors import GateFailed
from operational.clients import notes
from operational.clients.desk_schemas import NoteView
from operational.clients.schemas import ClientView
from operational.etag import etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Client, Invoice, Service, StaffMember
from operational.names import names_of
from operational.pages import fragment, page, page_router, redirect
from operational.privacy.schemas import render, render_many
from operational.rows import get_row
from operational.schemas import from_form

AREA = "operational.calendar"
VISIT = "/calendar/visits/{appointment_id}"
PERFORMED = "performed"
OVERRIDDEN_FOR = (
    "signed_on_paper", "recorded_elsewhere", "renewal_seen", "medical_director_agreed", "system_unavailable",
)  # fmt: skip
"""Reasons to pass a gate that are offered; they are kept with who passed it."""
pages = page_router()
Reader = Annotated[Unit, Depends(needs(Permission.BOOKING_READ, phi=Purpose.OPERATIONS), scope="function")]
Writer = Annotated[Unit, Depends(needs(Permission.BOOKING_WRITE, phi=Purpose.OPERATIONS), scope="function")]
Waived = Annotated[bool, Form()]
Codes = Annotated[list[Annotated[str, Form(max_length=60)]], Form(default_factory=list, max_length=20)]
Fragment = Annotated[str | None, Header(alias="X-Fragment", description="Sent by the page's own script.")]


@pages.get(VISIT)
def show_visit(request: Request, appointment_id: uuid.UUID, unit: Reader, part: Fragment = None) -> Response:
    return _panel(request, unit, appointment_id, part)


def _panel(
    request: Request,
    unit: Unit,
    appointment_id: uuid.UUID,
    part: str | None,
    no: Refused | None = None,
    gates: Sequence[Mapping[str, str]] = (),
) -> Response:
    """`gates`: what clinical gates ask for, where one of them refused what `no` says."""
    session, actor = unit.session, unit.actor
    row = queries.visit(session, appointment_id)
    actor.require(Permission.BOOKING_READ, row.location_id)
    visit = render(session, actor, "booking.appointment", AppointmentOut, row)
    client, noted = None, []
    if actor.may(Permission.CLIENT_READ, row.location_id):
        client = render(session, actor, "client.card", ClientView, get_row(session, Client, row.client_id))
        found = notes.standing(session, unit.vault, row.client_id)
        noted = render_many(session, actor, "client.notes", NoteView, found)
    bills = select(Invoice.id, Invoice.number).where(Invoice.appointment_id == appointment_id)
    events = [HistoryOut.model_validate(one) for one in queries.history(session, appointment_id)]
    show = shown_as(part, "visit_panel.html")
    may_write = actor.may(Permission.BOOKING_WRITE, row.location_id)
    coming = coming_of(unit, row)
    return show(
        request, unit, status=no.status if no else 200,
        visit=visit, client=client, noted=noted,
        services=names_of(session, Service, [one.service_id for one in visit.items]),
        people=names_of(session, StaffMember, [one.provider_id for one in visit.items]),
        bills=session.execute(bills).all() if actor.may(Permission.INVOICE_READ, row.location_id) else [],
        undone=_undoable(events), etag=etag(visit), ways=ways_of(unit, row),
        reasons=list(CancelReason), not_performed=list(NotPerformedReason),
        may_write=may_write, movable=may_write and row.status in moving.MOVABLE,
        movable_back=row.status in moving.RESTORABLE, refused=no, gates=gates, overridden_for=OVERRIDDEN_FOR,
        coming=coming, again=again_of(unit, row) if may_write and coming is None else None,
        group=group_of(unit, row),
    )  # fmt: skip


def _button(step: str, act: Callable[..., object]) -> None:
    """A form that says nothing but that the visit takes this step."""

    @pages.post(f"{VISIT}/{step}", name=act.__name__)
    def take(request: Request, appointment_id: uuid.UUID, unit: Writer, part: Fragment = None) -> Response:
        def step_() -> None:
            act(unit.session, unit.actor, appointment_id)

        return taken(request, unit, appointment_id, part, step_)


_button("confirm", visiting.confirm)
_button("not-treated", visiting.not_treated)
_button("left", visiting.left)


@pages.post(VISIT + "/arrive")
def arrive(
    request: Request, appointment_id: uuid.UUID, unit: Writer, gate: Codes, why: Codes, part: Fragment = None
) -> Response:
    """A gate that stands in the way is passed with a reason, by who may."""

    def act() -> None:
        passed = dict(zip(gate, why, strict=False))
        asked = from_form(Complete, gate_overrides=passed)
        visiting.arrive(unit.session, unit.actor, appointment_id, asked.gate_overrides)

    return taken(request, unit, appointment_id, part, act, "arrive")


@pages.post(VISIT + "/complete")
def complete(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Writer,
    gate: Codes,
    why: Codes,
    item_id: Codes,
    outcome: Codes,
    part: Fragment = None,
) -> Response:
    """`outcome` of each `item_id`: performed, or why it was not. Without any, all were."""

    def act() -> None:
        done = [
            {"item_id": one, "performed": what == PERFORMED, "reason": None if what == PERFORMED else what}
            for one, what in zip(item_id, outcome, strict=False)
        ]
        asked = from_form(Complete, items=done, gate_overrides=dict(zip(gate, why, strict=False)))
        visiting.complete(unit.session, unit.actor, appointment_id, asked.items, asked.gate_overrides)

    sent = [("item_id", one) for one in item_id] + [("outcome", one) for one in outcome]
    return taken(request, unit, appointment_id, part, act, "complete", sent)


@pages.post(VISIT + "/no-show")
def no_show(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Writer,
    waive_fee: Waived = False,
    part: Fragment = None,
) -> Response:
    def act() -> None:
        cancelling.no_show(unit.session, unit.actor, appointment_id, waive_fee=waive_fee)

    return taken(request, unit, appointment_id, part, act)


@pages.post(VISIT + "/cancel")
def cancel(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Writer,
    by: Annotated[Literal["client", "practice"], Form()],
    reason: Annotated[CancelReason, Form()] = CancelReason.OTHER,
    waive_fee: Waived = False,
    part: Fragment = None,
) -> Response:
    def act() -> None:
        cancelling.cancel(unit.session, unit.actor, appointment_id, by=by, reason=reason, waive_fee=waive_fee)

    return taken(request, unit, appointment_id, part, act)


@pages.post(VISIT + "/undo")
def undo(
    request: Request,
    appointment_id: uuid.UUID,
    unit: Writer,
    version: Annotated[str, Form(max_length=40)],
    part: Fragment = None,
) -> Response:
    """The last change is taken back, within a minute of it."""

    def act() -> None:
        undoing.undo(unit.session, unit.actor, appointment_id, version)

    return taken(request, unit, appointment_id, part, act)


@pages.post(VISIT + "/restore")
def restore(request: Request, appointment_id: uuid.UUID, unit: Writer, part: Fragment = None) -> Response:
    """Undo a cancellation or a no-show, while the time is free."""

    def act() -> None:
        moving.restore(unit.session, unit.actor, appointment_id, Restore())

    return taken(request, unit, appointment_id, part, act)


def taken(
    request: Request,
    unit: Unit,
    appointment_id: uuid.UUID,
    part: str | None,
    act: Callable[[], None],
    step: str = "",
    sent: Sequence[tuple[str, str]] = (),
) -> Response:
    """The visit after `act`; or as it is, with what refused it. `step`: the form that passes gates."""
    location_id = queries.visit(unit.session, appointment_id).location_id
    try:
        act()
    except GateFailed as error:
        unit.abandon()
        passes = unit.actor.may(Permission.GATE_OVERRIDE, location_id)
        path = f"/calendar/visits/{appointment_id}/{step}" if passes and step else ""
        no = Refused(error.title, error.detail, error.status, path, tuple(sent))
        named = {one["gate"]: one for one in error.extra["gates"]}
        return _panel(request, unit, appointment_id, part, no, list(named.values()))
    except DomainError as error:
        unit.abandon()
        return _panel(request, unit, appointment_id, part, refused(unit, error, location_id))
    return at_visit(appointment_id)


def shown_as(part: str | None, inner: str) -> Callable[..., Response]:
    """How a part of a visit is answered: alone, for the panel, or on a page of its own."""
    return partial(fragment, AREA, inner) if part else partial(page, AREA, "visit_page.html", inner=inner)


def at_visit(appointment_id: uuid.UUID) -> Response:
    return redirect(f"/calendar/visits/{appointment_id}")


def _undoable(events: Sequence[HistoryOut]) -> str | None:
    """The last event, where it can still be taken back."""
    if not events or events[-1].event in undoing.NOT_UNDONE:
        return None
    fresh = clock.now() - events[-1].happened_at < undoing.UNDO_FOR
    return events[-1].event.value if fresh else None
