"""Claims that follow from items: joined per subject, soft only where nothing hard stands."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from medspa.kernel.vocabulary import SubjectKind
from operational.booking.shape import Asked, Need, Placed, Shape, Span, claims_of, minus, overlap, union

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda p: (minute(min(p)), minute(max(p) + 1))),
    max_size=8,
)


def minutes_of(found: list[Span]) -> set[int]:
    return {
        number
        for number in range(-60, 180)
        if any(low <= minute(number) and minute(number + 1) <= high for low, high in found)
    }


@given(spans)
def test_union_keeps_every_minute_and_leaves_gaps_between(found: list[Span]) -> None:
    joined = union(found)
    assert minutes_of(joined) == minutes_of(found)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(joined))


@given(spans, spans)
def test_minus_takes_away_exactly_what_is_taken(left: list[Span], taken: list[Span]) -> None:
    assert minutes_of(minus(union(left), union(taken))) == minutes_of(left) - minutes_of(taken)


def item(start: int, shape: Shape, *, needs: tuple[Need, ...] = (), position: int = 0) -> Asked:
    return Asked(
        id=uuid.uuid4(),
        position=position,
        service_id=uuid.uuid4(),
        shape=shape,
        starts_at=minute(start),
        providers=(),
        provider_named=False,
        needs=needs,
        pools=(),
        ranks=(),
    )


def test_the_provider_is_free_while_it_processes() -> None:
    provider = uuid.uuid4()
    claims = claims_of([Placed(item(0, Shape(20, 30, 10, 5, 5)), provider, ())])
    assert {(c.starts_at, c.ends_at, c.hard) for c in claims} == {
        (minute(0), minute(20), True),
        (minute(-5), minute(0), False),
        (minute(50), minute(65), False),
    }


def test_the_room_is_held_for_the_clients_whole_time() -> None:
    room = uuid.uuid4()
    need = Need(SubjectKind.ROOM, "injection", uuid.uuid4())
    claims = claims_of([Placed(item(0, Shape(20, 30, 10, 0, 5), needs=(need,)), uuid.uuid4(), (room,))])
    assert {(c.starts_at, c.ends_at, c.hard) for c in claims if c.subject_id == room} == {
        (minute(0), minute(60), True),
        (minute(60), minute(65), False),
    }


def test_two_items_of_a_visit_in_one_room_make_one_claim() -> None:
    room = uuid.uuid4()
    shape = Shape(30, 0, 0, 0, 0)
    placed = [
        Placed(item(start, shape, needs=(Need(SubjectKind.ROOM, "x", uuid.uuid4()),)), uuid.uuid4(), (room,))
        for start in (0, 15, 45)
    ]
    (claim,) = [c for c in claims_of(placed) if c.subject_id == room]
    assert (claim.starts_at, claim.ends_at, claim.hard) == (minute(0), minute(75), True)


shapes = st.builds(
    Shape,
    st.integers(1, 60),
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(0, 30),
)


@given(st.lists(st.tuples(st.integers(0, 200), shapes, st.integers(0, 1)), min_size=1, max_size=4))
def test_claims_of_one_visit_never_overlap_each_other(found: list[tuple[int, Shape, int]]) -> None:
    providers, room = (uuid.uuid4(), uuid.uuid4()), uuid.uuid4()
    placed = [
        Placed(
            item(start, shape, needs=(Need(SubjectKind.ROOM, "x", uuid.uuid4()),)), providers[which], (room,)
        )
        for start, shape, which in found
    ]
    claims = claims_of(placed)
    for number, one in enumerate(claims):
        assert one.starts_at < one.ends_at
        for other in claims[number + 1 :]:
            same = one.subject_id == other.subject_id
            assert not (same and overlap((one.starts_at, one.ends_at), (other.starts_at, other.ends_at)))
    for asked in (one.asked for one in placed):
        low, high = asked.client_time
        assert any(
            c.hard and c.subject_id == room and c.starts_at <= low and high <= c.ends_at for c in claims
        )
