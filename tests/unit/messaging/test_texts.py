"""Texts name no treatment, ask for known fields only, wait for quiet hours, and mean what people say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspa.kernel.errors import Invalid
from medspa.kernel.vocabulary import Channel, MessageKind, ReplyMeaning
from operational.messaging.fields import check_fields, fields_of, fill
from operational.messaging.incoming import meaning_of
from operational.messaging.naming import found_in
from operational.messaging.quiet import QuietHours
from operational.messaging.texts import shipped

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ["Botulinum visit", "Lip flip", "Laser hair removal, legs", "Crème de la Mer", "Follow-up"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Your Botulinum appointment is tomorrow", "botulinum"),
        ("See you for your LIP-FLIP", "flip"),
        ("Your creme is here", "creme"),
        ("time for your fillers", "fillers"),
        ("laser\u200d day", "laser"),
        ("Your follow up is on {date}", "follow up"),
        ("{location}: we see you on {date} at {time}. Change or cancel: {link}", None),
        ("Your visit, for the whole family", None),
    ],
)
def test_a_text_that_names_a_treatment_is_found(text: str, found: str | None) -> None:
    assert found_in(text, NAMES) == found


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("channel", Channel)
def test_the_texts_that_come_with_the_product_keep_the_rules(kind: MessageKind, channel: Channel) -> None:
    wording = shipped(kind, channel)
    for text in (wording.body, wording.subject or "") if wording else ():
        check_fields(kind, text)
        assert found_in(text, NAMES) is None
    assert wording is not None or channel is Channel.EMAIL


@pytest.mark.parametrize(
    "text", ["{treatment}", "{provider}", "{first_name.__class__}", "{0}", "{}", "{a", "}"]
)
def test_no_other_field_is_taken(text: str) -> None:
    with pytest.raises(Invalid):
        check_fields(MessageKind.REMINDER, text)


def test_what_a_value_contains_is_not_looked_at() -> None:
    assert fields_of("{first_name} {link}") == {"first_name", "link"}
    assert fill("Hello {first_name}: {link}", {"first_name": "{link}", "link": "x"}) == "Hello {link}: x"


@given(
    st.sampled_from(["America/New_York", "America/Phoenix", "Europe/London", "Australia/Lord_Howe"]),
    st.integers(0, 270 * 1440).map(lambda minutes: MARCH + timedelta(minutes=minutes)),
    st.integers(0, 1439),
    st.integers(0, 1439),
)
def test_the_next_allowed_minute_is_the_first_one(zone: str, at: datetime, begin: int, end: int) -> None:
    quiet = QuietHours(zone, begin, end)
    allowed = quiet.next_allowed(at)
    assert not quiet.holds(allowed)
    assert at - timedelta(minutes=1) < allowed <= at + timedelta(hours=26)
    assert quiet.holds(at) or allowed == at
    if allowed > at:
        assert quiet.holds(allowed - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        # The night clocks go forward: quiet until 02:30, which does not come; 03:00 is the next minute.
        ("2026-03-08T06:30:00+00:00", "2026-03-08T07:00:00+00:00"),
        # The night they go back: 01:10 of the second time is quiet until 02:30 again.
        ("2026-11-01T06:10:00+00:00", "2026-11-01T07:30:00+00:00"),
    ],
)
def test_quiet_hours_end_when_the_clock_changes(at: str, allowed: str) -> None:
    quiet = QuietHours("America/New_York", 22 * 60, 2 * 60 + 30)
    assert quiet.next_allowed(datetime.fromisoformat(at)) == datetime.fromisoformat(allowed)


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        (" Stop. ", ReplyMeaning.STOP),
        ("please stop texting me", ReplyMeaning.STOP),
        ("don\u2019t text me again", ReplyMeaning.STOP),
        ("START", ReplyMeaning.START),
        ("help!", ReplyMeaning.HELP),
        ("Yes", ReplyMeaning.CONFIRM),
        ("1", ReplyMeaning.CONFIRM),
        ("C", ReplyMeaning.CONFIRM),
        ("yes but can I come later?", ReplyMeaning.OTHER),
        ("I stop by at 5", ReplyMeaning.OTHER),
    ],
)
def test_what_an_answer_means(said: str, meaning: ReplyMeaning) -> None:
    assert meaning_of(said) is meaning
