"""Both real servers restarted and crashed under a run, at every stage: it fails cleanly or finishes whole.

The servers are this file's own. Runs follow one another on one store, and nothing is ever read in full again,
so that whatever a restart had lost would still be missing at the end.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import psycopg
import pytest

from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from pipelines.build import dbt, lock
from pipelines.build.lock import BuilderLockLost, builder_lock
from pipelines.build.run import BuildFailed
from pipelines.errors import LandingFailed, StoreUnavailable
from pipelines.land.lake import Lake
from pipelines.publish import run as publishing
from pipelines.publish import statements
from pipelines.resident import ResidentLanding
from pipelines.run import RunResult, run_pipeline
from tests.factories.practice import Practice, make_client, make_practice
from tests.factories.warehouse import keys_of, settings_for
from tests.support.databases import Database, Servers
from tests.support.own_servers import keep_commits, marts_content, strike_at

PLACES = {
    "landing": ("operational", "public.client", "access exclusive"),
    "loading": ("warehouse", "raw.client", "share"),
    "building": ("warehouse", "build.dim_client", "share"),
    "publishing": ("warehouse", "marts.dim_location", "share"),
}
"""Stage → where a run stands while a server goes: part of the stage's tables are written by then."""

Marts = dict[str, list[str]]


@dataclass
class Installation:
    """A store with one practice, and a warehouse that runs bring up to it."""

    servers: Servers
    operational: Database
    warehouse: Database
    settings: Settings
    practice: Practice
    landing: ResidentLanding
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def run(self, report: Callable[[str], None] = lambda _: None) -> RunResult:
        return run_pipeline(self.settings, land=self.landing, level="batch", report=report)

    def write(self) -> str:
        """Something new in two tables; answers the word by which a mart that has it is known."""
        word = f"Category {next(self._numbers)}"
        make_client(self.operational, self.practice.org_id, word)
        with psycopg.connect(self.operational.dsn("owner")) as connection:
            connection.execute("update treatment_category set name = %s", (word,))
        return word

    def place(self, stage: str) -> tuple[Database, str, str]:
        cluster, relation, mode = PLACES[stage]
        return getattr(self, cluster), relation, mode

    def restarting(self, victim: str, mode: str) -> Callable[[], None]:
        """A strike that stops a server, "immediate" as in a crash, and starts it again."""
        cluster = self.servers.environment.clusters[victim]

        def strike() -> None:
            cluster.stop(mode=mode)
            cluster.restart()
            # Connections of before are dead; the next one must not come out of a pool.
            getattr(self, victim).close()

        return strike

    def halves(self, word: str, before: Marts) -> list[bool]:
        """For each mart that the write concerns, whether readers see the write."""
        now = marts_content(self.settings)
        category = [word in row for row in now["dim_treatment_category"]]
        return [any(category), len(now["dim_client"]) > len(before["dim_client"])]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    servers = Servers()
    try:
        for cluster in servers.environment.clusters.values():
            keep_commits(cluster)
        with servers.clone("operational") as operational, servers.clone("warehouse", built=True) as warehouse:
            practice = make_practice(operational)
            settings = settings_for(operational, warehouse, tmp_path_factory.mktemp("restarted") / "var")
            with ResidentLanding(settings, lambda: keys_of(practice.org_id)) as landing:
                made = Installation(servers, operational, warehouse, settings, practice, landing)
                made.run()
                yield made
    finally:
        servers.close()


Errors = type[DomainError] | tuple[type[DomainError], ...]
CASES: list[tuple[str, str, str, Errors]] = [
    ("operational", "landing", "immediate", LandingFailed),
    ("warehouse", "landing", "immediate", BuilderLockLost),
    ("warehouse", "loading", "immediate", StoreUnavailable),
    ("warehouse", "building", "immediate", (BuildFailed, StoreUnavailable)),
    ("warehouse", "publishing", "fast", StoreUnavailable),
    ("warehouse", "publishing", "immediate", StoreUnavailable),
]


@pytest.mark.parametrize(
    ("victim", "stage", "mode", "error"), CASES, ids=[" ".join(case[:3]) for case in CASES]
)
def test_restarted_under_a_run_that_needs_it(
    made: Installation, victim: str, stage: str, mode: str, error: Errors
) -> None:
    word = made.write()
    before = marts_content(made.settings)
    with strike_at(*made.place(stage), made.restarting(victim, mode)) as attack, pytest.raises(error) as told:
        made.run()
    assert attack.struck
    assert "LINE 1" not in told.value.detail
    assert marts_content(made.settings) == before
    made.run()
    assert made.halves(word, before) == [True, True]


def test_the_operational_server_restarted_after_landing_disturbs_nobody(made: Installation) -> None:
    word = made.write()
    before = marts_content(made.settings)
    with (
        strike_at(*made.place("loading"), made.restarting("operational", "fast")) as first,
        strike_at(*made.place("building"), made.restarting("operational", "immediate")) as second,
        strike_at(*made.place("publishing"), made.restarting("operational", "immediate")) as third,
    ):
        made.run()
    assert [one.struck for one in (first, second, third)] == [True, True, True]
    assert made.halves(word, before) == [True, True]


def test_a_warehouse_that_stays_away_is_told_in_a_sentence(made: Installation) -> None:
    cluster = made.servers.environment.clusters["warehouse"]
    cluster.stop()
    try:
        with pytest.raises(StoreUnavailable):
            made.run()
        with pytest.raises(StoreUnavailable):
            dbt.run(made.settings, {"build_id": 0, "from_batch": 0, "merges": False}, select=["dim_staff"])
    finally:
        cluster.ensure_running()
        made.warehouse.close()


def _another_run(made: Installation, taken: threading.Event, release: threading.Event) -> threading.Thread:
    """Another process's run, waiting for the lock."""

    def hold() -> None:
        with builder_lock(made.settings, wait_seconds=30):
            taken.set()
            release.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    return thread


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_run_that_lost_the_lock_does_not_build_beside_another(
    made: Installation, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    if not guarded:
        monkeypatch.setattr(lock, "_require_held", lambda _: None)
    word = made.write()
    before = marts_content(made.settings)
    taken, release = threading.Event(), threading.Event()
    others: list[threading.Thread] = []

    def strike() -> None:
        made.restarting("warehouse", "immediate")()
        others.append(_another_run(made, taken, release))
        assert taken.wait(30)

    lost = False
    try:
        with strike_at(*made.place("landing"), strike):
            try:
                made.run()
            except BuilderLockLost:
                lost = True
        assert taken.is_set()
        assert not release.is_set()
        published_beside_another = made.halves(word, before) == [True, True]
    finally:
        release.set()
        for other in others:
            other.join()
    assert (lost, published_beside_another) == (guarded, not guarded)
    made.run()


def test_without_its_transaction_a_publication_would_be_half(
    made: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: the comparison of the tests above sees what a crash leaves of a publication in pieces."""
    in_pieces = SimpleNamespace(connect=partial(psycopg.connect, autocommit=True))
    word = made.write()
    before = marts_content(made.settings)
    with monkeypatch.context() as patch:
        patch.setattr(statements, "CHOOSE", statements.CHOOSE.replace("on commit drop", ""))
        patch.setattr(publishing, "psycopg", in_pieces)
        strike = made.restarting("warehouse", "immediate")
        with strike_at(*made.place("publishing"), strike), pytest.raises(StoreUnavailable):
            made.run()
    assert made.halves(word, before) == [False, True]
    made.run()
    assert made.halves(word, before) == [True, True]


def test_the_warehouse_is_that_of_undisturbed_runs(made: Installation) -> None:
    """Last in the file: after all of the above, against one run into a new warehouse and an empty lake."""
    made.run()
    disturbed = marts_content(made.settings)
    lake = Lake(made.settings.lake)
    reasons = [lake.manifest(ref).reason for ref in lake.batches()]
    assert [reason for reason in reasons if reason] == ["first"]
    made.servers.renew("warehouse", made.warehouse, built=True)
    undisturbed = made.settings.model_copy(update={"lake_url": str(made.settings.home / "undisturbed")})
    assert Lake(undisturbed.lake).batches() == []
    with ResidentLanding(undisturbed, lambda: keys_of(made.practice.org_id)) as landing:
        run_pipeline(undisturbed, land=landing, level="batch")
    assert marts_content(made.settings) == disturbed
