"""One person books so many visits online, however many forms are sent at once, and learns nothing by it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from medspa.kernel.vocabulary import PublicTextKind
from operational.online import details, draft, finish, upcoming
from operational.online.errors import LATER, TooBusy
from operational.online.place import current_text, find, reading
from tests.factories.booking import add_shift
from tests.factories.online import VISITOR, OnlineSetUp, Visitor
from tests.support.together import together

AT_ONCE, MOST = 4, 2


def begun(setup: OnlineSetUp, work: finish.Work, starts: list[datetime], phone: str) -> list[str]:
    """Bookings that want nothing but to be sent, by one person with several e-mail addresses."""
    at = find(work.engine, setup.made.slug, "L1")
    with reading(work.engine, at) as session:
        policy = current_text(session, at.location_id, PublicTextKind.CANCELLATION_POLICY)
        assert policy is not None
        agreed = details.Agreed(policy.sha256, False, "192.0.2.1", "test")
    tokens = []
    for number, start in enumerate(starts):
        token = draft.begin(work.engine, at, [uuid.UUID(setup.free)], None, start, embedded=False)
        who = details.Details(**{**VISITOR, "phone": phone, "email": f"{number}.{phone}@visitor.example"})
        details.give(work.engine, work.vault, token, who, agreed)
        tokens.append(token)
    return tokens


@pytest.fixture
def capped(setup: OnlineSetUp) -> Iterator[None]:
    with setup.database.session("admin") as session:
        session.execute(text("update online_location set most_upcoming = :most"), {"most": MOST})
    yield
    with setup.database.session("admin") as session:
        session.execute(text("update online_location set most_upcoming = 50"))


@pytest.mark.usefixtures("capped")
def test_a_person_books_so_many_visits_and_no_more(
    setup: OnlineSetUp, start: datetime, work: finish.Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = "select count(*) from appointment a join client c on c.id = a.client_id where c.phone = :phone"
    for phone, guarded in (("2125550171", True), ("2125550172", False)):
        at = start if guarded else start + timedelta(days=30)
        add_shift(setup.made, at - timedelta(hours=1), at + timedelta(hours=3))
        tokens = begun(setup, work, [at + number * timedelta(minutes=45) for number in range(AT_ONCE)], phone)
        with monkeypatch.context() as patch:
            if not guarded:
                patch.setattr(upcoming, "_LOCK", text("select cast(:keys as bigint[])"))
            answers = together([partial(finish.book, work, one) for one in tokens])
        assert (setup.one(booked, phone=f"+1{phone}") == MOST) is guarded, answers
        refused = [one for one in answers if isinstance(one, TooBusy)]
        assert {one.detail for one in refused} <= {LATER}, answers


@pytest.mark.usefixtures("capped")
def test_the_answer_is_that_of_a_busy_practice_and_no_card_is_charged(
    setup: OnlineSetUp, start: datetime, work: finish.Work, visitor: Visitor
) -> None:
    for token in begun(setup, work, [start, start + timedelta(minutes=45)], "2125550173"):
        finish.book(work, token)
    later = start + timedelta(hours=2)
    visitor.choose(setup, setup.deposit, later).fill(phone="2125550173", email="other@visitor.example")
    visitor.send("/card")
    assert (visitor.status, LATER in visitor.page, setup.visits(later)) == (429, True, [])
    assert setup.one("select count(*) from payment") == 0
