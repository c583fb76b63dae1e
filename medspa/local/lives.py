"""Lives planned events: a process per place of each organization, or one after the other in this one.

Each process has its own simulated clock; operational/simulation/lanes.py says which waits for which. What
comes out is what one process would have made.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import queue
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from typing import Any

from sqlalchemy.event import listen

from medspa.kernel import clock
from medspa.kernel.database import make_engine
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from operational.checkout.processor.open import open_inprocess
from operational.identity.access import Actor
from operational.messaging.messenger.open import Messengers
from operational.messaging.messenger.open import open_inprocess as open_messenger
from operational.messaging.send import Post
from operational.privacy.vault import Vault, load_master_key
from operational.simulation.events import Event
from operational.simulation.lanes import hear, lanes, tell
from operational.simulation.live import step
from operational.simulation.planner import plan
from operational.simulation.scale import Scale
from operational.simulation.stage import Ids, Memory, Stage
from operational.simulation.ways import COUNTS

Report = Callable[[str], None]
QUIET_SECONDS = 600
"""A lane that hears nothing for so long gives up: another one died."""
STATEMENTS = 1_000
News = tuple[str, int, str, "Counter[str]"]
"""(month, failed or done; number of the organization; the month or what failed; how often what happened)."""


class LifeFailed(DomainError):
    code = "simulation-failed"
    title = "A step of the simulation was refused"


@dataclass(frozen=True)
class Begun:
    """An organization that is set up: what a process needs to go on with it."""

    owner: Actor
    ids: Ids
    memory: Memory
    actors: dict[str, Actor]


class Hands:
    """A clock that stands where it is put and never goes back."""

    def __init__(self, start: dt.datetime) -> None:
        self._now = start

    def __call__(self) -> dt.datetime:
        return self._now

    def go(self, instant: dt.datetime) -> None:
        self._now = max(instant, self._now)


def _for_a_life(connection: Any, _record: object) -> None:
    """Nobody relies on a life half lived: no commit of it waits for the disk.

    And one connection sees all some 500 statements of a practice: with psycopg's limit of 100 they push each
    other out before they are prepared, or soon after.
    """
    connection.execute("set synchronous_commit = off")
    connection.commit()
    connection.prepared_max = STATEMENTS


@contextmanager
def stage_of(settings: Settings, begun: Begun) -> Iterator[Stage]:
    engine = make_engine(settings.operational_dsn("app"), application_name="medspa-simulate")
    listen(engine, "connect", _for_a_life)
    try:
        with engine.connect() as connection:
            vault, processor = Vault(load_master_key(settings)), open_inprocess(settings, durable=False)
            org_id = begun.owner.org_id
            # Nobody who lives here has a telephone: no vendor is asked, whatever the settings say.
            inside = open_messenger(settings, durable=False)
            post = Post(engine, vault, settings, Messengers(sms=inside, email=inside))
            yield Stage(
                connection, post, processor, org_id, begun.owner, begun.ids, begun.memory, begun.actors
            )
    finally:
        engine.dispose()


@dataclass
class _Months:
    """Tells of a month once every lane is through with it."""

    slug: str
    lanes: int
    report: Report
    seen: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    through: Counter[str] = field(default_factory=Counter)

    def add(self, month: str, counted: Counter[str]) -> None:
        self.seen[month] += counted
        self.through[month] += 1
        if self.through[month] == self.lanes:
            seen = self.seen[month]
            self.report(
                f"{self.slug} {month}: {seen['Join']} new clients, {seen['Book']} booked,"
                f" {seen['Finish']} treated, {seen['Miss']} missed or cancelled, {seen['Close']} days closed"
            )

    @property
    def total(self) -> Counter[str]:
        return sum(self.seen.values(), Counter[str]())


def _live(
    stage: Stage,
    scale: Scale,
    events: Sequence[Event],
    tell_month: Callable[[str, Counter[str]], None],
    before: Callable[[int], None] = lambda _: None,
    after: Callable[[Event], None] = lambda _: None,
) -> None:
    """Live some events under a clock of their own, a month at a time."""
    hands = Hands(dt.datetime.combine(scale.first, dt.time(), dt.UTC))
    with clock.frozen(hands()):
        clock.install(hands)
        month, seen = f"{scale.first:%Y-%m}", Counter[str]()
        for index, event in enumerate(events):
            while f"{event.at:%Y-%m}" > month:
                tell_month(month, seen)
                month, seen = _next(month), Counter()
            before(index)
            step(stage, scale, event, hands.go)
            after(event)
            seen[type(event).__name__] += 1
            seen.update(COUNTS.get(type(event), {}))
        tell_month(month, seen)


def _next(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02d}"


def one_by_one(
    settings: Settings, lives: Sequence[tuple[Scale, Begun]], report: Report
) -> list[Counter[str]]:
    return [live_events(settings, scale, begun, plan(scale).events, report) for scale, begun in lives]


def live_events(
    settings: Settings, scale: Scale, begun: Begun, events: Sequence[Event], report: Report
) -> Counter[str]:
    """Live these events in this process; how often what happened."""
    months = _Months(scale.slug, 1, report)
    with stage_of(settings, begun) as stage:
        _live(stage, scale, events, months.add)
    return months.total


def side_by_side(
    settings: Settings, lives: Sequence[tuple[Scale, Begun]], report: Report
) -> list[Counter[str]]:
    context = multiprocessing.get_context("spawn")
    news = context.Queue()
    months = [_Months(scale.slug, len(scale.places), report) for scale, _ in lives]
    running: list[SpawnProcess] = []
    # Held here until the end: a queue must outlive the start of the processes it is handed to.
    boxes = [[context.Queue() for _ in scale.places] for scale, _ in lives]
    try:
        for life, ((scale, begun), inboxes) in enumerate(zip(lives, boxes, strict=True)):
            for lane in range(len(scale.places)):
                process = context.Process(
                    target=_run, args=(settings, scale, begun, life, lane, inboxes, news), daemon=True
                )
                process.start()
                running.append(process)
        left = len(running)
        while left:
            kind, life, month, counted = _heard(news, running)
            if kind == "failed":
                raise LifeFailed(f"{lives[life][0].slug}: {month}")
            if kind == "month":
                months[life].add(month, counted)
            else:
                left -= 1
        for process in running:
            process.join(QUIET_SECONDS)
    finally:
        for process in running:
            if process.is_alive():
                process.terminate()
    return [one.total for one in months]


def _heard(news: Any, running: Sequence[SpawnProcess]) -> News:
    while True:
        try:
            said: News = news.get(timeout=5)
            return said
        except queue.Empty:
            if any(process.exitcode not in (None, 0) for process in running):
                raise LifeFailed("A process of the simulation ended before its time.") from None


@dataclass
class _Lane:
    """One place of an organization among the others: hears what it needs, tells what it did."""

    stage: Stage
    lane: int
    inboxes: Sequence[Any]
    heard: Counter[int] = field(default_factory=Counter)
    ended: set[int] = field(default_factory=set)

    @property
    def others(self) -> list[int]:
        return [number for number in range(len(self.inboxes)) if number != self.lane]

    def wait(self, needs: dict[int, int]) -> None:
        for other, count in needs.items():
            while self.heard[other] < count:
                self._listen()

    def tell(self, event: Event) -> None:
        if self.others:
            told = tell(self.stage, event)
            for other in self.others:
                self.inboxes[other].put((self.lane, told))

    def end(self) -> None:
        """A process that ends before the others have said all would leave them with nobody to tell."""
        for other in self.others:
            self.inboxes[other].put((self.lane, None))
        while len(self.ended) < len(self.others):
            self._listen()

    def _listen(self) -> None:
        sender, told = self.inboxes[self.lane].get(timeout=QUIET_SECONDS)
        if told is None:
            self.ended.add(sender)
        else:
            hear(self.stage, told)
            self.heard[sender] += 1


def _run(
    settings: Settings, scale: Scale, begun: Begun, life: int, lane: int, inboxes: Sequence[Any], news: Any
) -> None:
    """A process: one place of one organization from its first to its last event."""

    def tell_month(month: str, seen: Counter[str]) -> None:
        news.put(("month", life, month, seen))

    try:
        tasks = lanes(plan(scale), scale)[lane]
        with stage_of(settings, begun) as stage:
            own = _Lane(stage, lane, inboxes)
            events = [task.event for task in tasks]
            _live(stage, scale, events, tell_month, lambda index: own.wait(tasks[index].needs), own.tell)
            own.end()
        news.put(("done", life, "", Counter()))
    except Exception as error:  # noqa: BLE001 - the parent must hear of whatever ended this process
        news.put(("failed", life, str(error), Counter()))
