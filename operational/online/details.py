"""Who a visitor says they are: taken, sealed, kept until the booking is made. Nothing is compared here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.vocabulary import OnlineState, PublicTextKind
from operational.clients.schemas import Email, Name, Phone
from operational.models import OnlineBooking, PolicyAcceptance
from operational.online import draft
from operational.online.errors import AgeNotMet, NotNow, NotYours
from operational.online.place import current_text, described, of_location
from operational.privacy.vault import Vault

PURPOSE = "online_booking"
WORDS: Mapping[str, str] = {
    "first_name": "Enter your first name.",
    "last_name": "Enter your last name.",
    "phone": "Enter a mobile number, like (212) 555-0123.",
    "email": "Enter an e-mail address, like name@example.com.",
    "birth_date": "Enter your date of birth.",
    "message": "Write at most 2,000 characters.",
}
"""What a public form says beside a field that is not right."""


class Details(BaseModel):
    """What a visitor is asked for."""

    model_config = ConfigDict(frozen=True)

    first_name: Name
    last_name: Name
    phone: Phone
    email: Email
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed to, and from where. `policy_sha256`: of the very words that were shown."""

    policy_sha256: str | None
    contact: bool
    address: str
    user_agent: str


def give(engine: Engine, vault: Vault, token: str, details: Details, agreed: Agreed) -> None:
    """Keep the details and what was agreed to. Sent twice, the later one counts; once booked, nothing does.

    Raises LinkUnusable, NotNow, NotYours when the policy shown is not the one that stands.
    """
    who = draft.known(engine, token)
    with draft.at_work(engine, who) as desk, desk.transaction() as session:
        row = draft.locked(session, who)
        if row.state is not OnlineState.CHOOSING:
            raise NotNow
        _check_age(session, row, details)
        policy = current_text(session, row.location_id, PublicTextKind.CANCELLATION_POLICY)
        if policy is not None:
            if agreed.policy_sha256 != policy.sha256:
                raise NotYours("The cancellation policy was changed meanwhile: please read it once more.")
            session.add(
                PolicyAcceptance(
                    org_id=row.org_id, online_booking_id=row.id, text_id=policy.id,
                    text_sha256=policy.sha256, accepted_at=clock.now(), address=agreed.address,
                    user_agent=agreed.user_agent,
                )
            )  # fmt: skip
        consent = current_text(session, row.location_id, PublicTextKind.CONTACT_CONSENT)
        row.contact_text_id = consent.id if consent is not None and agreed.contact else None
        sealed = details.model_dump_json().encode()
        # Sent again and again they are kept no longer.
        if row.details is None:
            row.details_at = clock.now()
        row.details = vault.seal_for_organization(session, sealed, purpose=PURPOSE)
        session.flush()


def _check_age(session: Session, row: OnlineBooking, details: Details) -> None:
    """By what they say, on the day of the visit: the same for everybody. Raises AgeNotMet."""
    limited = [one for one in described(session, row.service_ids) if one.limits_age]
    if not limited:
        return
    zone = ZoneInfo(of_location(session, row.location_id).timezone)
    day = row.starts_at.astimezone(zone).date()
    for one in limited:
        if details.birth_date is None:
            raise AgeNotMet("Enter your date of birth: this treatment has an age limit.")
        age = years_on(day, details.birth_date)
        if not (one.min_age or 0) <= age <= (one.max_age or age):
            raise AgeNotMet("This treatment is not for people of your age. Please call the practice.")


def years_on(day: date, born: date) -> int:
    """Whole years; who was born on 29 February is a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def opened(session: Session, vault: Vault, row: OnlineBooking) -> Details | None:
    """What was given, for whom it is of."""
    if row.details is None:
        return None
    plain = vault.unseal_for_organization(session, row.details, purpose=PURPOSE)
    return Details.model_validate_json(plain)


def wrong_in(error: ValidationError) -> dict[str, str]:
    """Field → what is said beside it."""
    names = [str(one["loc"][0]) for one in error.errors()]
    return {name: WORDS[name] for name in names}
