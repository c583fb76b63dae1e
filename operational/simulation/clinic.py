"""The treatment room: arrival, consent and exam where they are due, the chart and its signature."""

from __future__ import annotations

import datetime as dt

from medspa.kernel import clock
from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import Intent, SignatureMethod
from operational.booking import visit as visiting
from operational.charting import exams, lots, notes, treatments
from operational.charting.schemas import NewExam, NewLot, NewNote, NewTreatment
from operational.charting.schemas import Waste as WasteSent
from operational.consent import sign
from operational.consent.schemas import Signature
from operational.identity.access import Actor
from operational.simulation.events import Arrive, Delivery, ItemPlan, VisitPlan, Waste
from operational.simulation.menu import BY_NAME
from operational.simulation.stage import Stage, Visit

YEAR = dt.timedelta(days=365)
EXAM_LIFE, CONSENT_LIFE = YEAR, YEAR - dt.timedelta(days=1)
ORIGIN = sign.Origin(address=None, user_agent=None)


def arrive(stage: Stage, event: Arrive) -> None:
    known = stage.ids.visits[event.visit.number]
    with stage.act(stage.front, view="booking.appointment", client=known.client_id) as session:
        visiting.arrive(session, stage.front, known.id)
        consent_of(session, stage, event.visit, known)


def consent_of(session: TenantSession, stage: Stage, visit: VisitPlan, known: Visit) -> None:
    """Who has come signs what is due."""
    if any(BY_NAME[one.offer].charted for one in visit.items):
        _consent(session, stage, known)


def chart(session: TenantSession, stage: Stage, visit: VisitPlan) -> None:
    """Exam where it is due, a signed record per treatment, a signed note; by the provider, in one go."""
    known, actor = stage.ids.visits[visit.number], stage.actors[visit.provider]
    for item_id, item in zip(known.items, visit.items, strict=True):
        offer = BY_NAME[item.offer]
        if offer.exam:
            _exam(session, stage, actor, known, offer.category)
        if not offer.charted:
            continue
        made = treatments.write(
            session,
            actor,
            stage.vault,
            NewTreatment(appointment_item_id=item_id, **_charted(stage, visit.place, item)),
        )
        session.refresh(made)
        treatments.sign(session, actor, made.id, f'"{made.version}"')
    note = notes.write(
        session,
        actor,
        stage.vault,
        known.client_id,
        NewNote(appointment_id=known.id, body="Seen as planned, no complaints."),
    )
    session.refresh(note)
    notes.sign(session, actor, note.id, f'"{note.version}"')


def _charted(stage: Stage, place: str, item: ItemPlan) -> dict[str, object]:
    if item.product is None:
        return {"intent": Intent(item.intent)}
    return {
        "intent": Intent(item.intent),
        "product_id": stage.ids.products[item.product],
        "lot_id": stage.ids.lots[place, item.product],
        "quantity_milli": item.quantity_milli,
        "area": item.area,
    }


def _consent(session: TenantSession, stage: Stage, known: Visit) -> None:
    signed = stage.memory.consents.get(known.client_id)
    if signed is not None and clock.now() - signed < CONSENT_LIFE:
        return
    template = stage.ids.consent
    if template is None:
        return
    shown = sign.to_sign(session, stage.front, known.client_id, template)
    sent = Signature(
        template_version_id=shown.template_version_id,
        rendered_sha256=shown.rendered_sha256,
        disclosure_accepted_at=clock.now(),
        signer_name="As on file",
        method=SignatureMethod.TYPED,
        signature="As on file",
        appointment_id=known.id,
    )
    sign.sign(session, stage.front, stage.vault, known.client_id, sent, ORIGIN)
    stage.memory.consents[known.client_id] = clock.now()


def _exam(session: TenantSession, stage: Stage, actor: Actor, known: Visit, category: str) -> None:
    examined = stage.memory.exams[known.client_id].get(category)
    if examined is not None and clock.now() - examined < EXAM_LIFE - dt.timedelta(days=1):
        return
    today = clock.now().date()
    sent = NewExam(
        category_id=stage.ids.categories[category], examined_on=today, valid_until=today + EXAM_LIFE
    )
    exams.record(session, actor, known.client_id, sent)
    stage.memory.exams[known.client_id][category] = clock.now()


def deliver(stage: Stage, event: Delivery) -> None:
    with stage.act(stage.manager) as session:
        lot = lots.receive(
            session,
            stage.manager,
            NewLot(
                product_id=stage.ids.products[event.product],
                location_id=stage.ids.places[event.place],
                lot_number=event.number,
                expires_on=event.expires_on,
                quantity_milli=event.quantity_milli,
            ),
        )
        stage.ids.lots[event.place, event.product] = lot.id


def waste(stage: Stage, event: Waste) -> None:
    lot = stage.ids.lots[event.place, event.product]
    with stage.act(stage.manager) as session:
        lots.waste(
            session, stage.manager, lot, WasteSent(quantity_milli=event.quantity_milli, reason="spoiled")
        )
