"""The embedded servers: private, password-only, found again, and silent about what they store."""

from __future__ import annotations

import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from medspa.kernel.settings import DSN_FILE
from medspa.local.accounts import ServerAccount
from medspa.local.environment import SECRETS_FILE, LocalEnvironment
from medspa.local.files import readable_by_others
from medspa.local.postgres import EmbeddedCluster
from tests.support.databases import Servers, reachable_folder

CANARY = "canary-4711-not-a-date"


@pytest.fixture
def home() -> Iterator[Path]:
    """A state folder of its own."""
    parent = reachable_folder(in_memory=True)
    yield parent / "var"
    LocalEnvironment(parent / "var", durable=False).destroy()
    shutil.rmtree(parent)


@pytest.fixture
def cluster(home: Path) -> EmbeddedCluster:
    """A server of its own that is not started yet; the environment that removes it knows its name."""
    home.mkdir()
    return EmbeddedCluster("operational", home / "postgres", "secret", durable=False)


def test_two_processes_that_start_at_once_get_the_same_servers(home: Path) -> None:
    program = (
        "import sys, pathlib; from medspa.local.environment import LocalEnvironment; "
        "print(LocalEnvironment(pathlib.Path(sys.argv[1]), durable=False).ensure()['operational']['app'])"
    )

    def start(_: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", program, str(home)], capture_output=True, text=True, check=True
        ).stdout

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(start, range(3)))

    assert len(set(answers)) == 1
    with psycopg.connect(answers[0].strip()) as connection:
        assert connection.execute("select current_user").fetchone() == ("medspa_app",)


def test_data_secrets_and_dsns_are_private(home: Path) -> None:
    environment = LocalEnvironment(home, durable=False)
    environment.ensure()

    assert stat.S_IMODE(home.stat().st_mode) == 0o711
    for cluster in environment.clusters.values():
        assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
    assert not readable_by_others(home / SECRETS_FILE)
    assert not readable_by_others(home / DSN_FILE)


def test_a_restart_keeps_secrets_and_data(home: Path) -> None:
    first = LocalEnvironment(home, durable=False).ensure()
    with psycopg.connect(first["warehouse"]["owner"]) as owner:
        owner.execute("create table kept (id int)")

    LocalEnvironment(home, durable=False).stop()
    assert not (home / DSN_FILE).exists()
    assert set(LocalEnvironment(home, durable=False).running().values()) == {False}
    second = LocalEnvironment(home, durable=False).ensure()

    with psycopg.connect(second["warehouse"]["owner"]) as owner:
        assert owner.execute("select to_regclass('kept')").fetchone() == ("kept",)


def test_no_connection_works_without_the_password(cluster: EmbeddedCluster) -> None:
    cluster.ensure_running()

    for password in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(cluster.dsn("postgres", password, "postgres"), connect_timeout=5)
    rules = (cluster.data / "pg_hba.conf").read_text()
    methods = {line.split()[-1] for line in rules.splitlines() if line.strip() and not line.startswith("#")}
    assert methods == {"scram-sha-256"}


def test_it_listens_on_loopback_only_and_on_no_socket(cluster: EmbeddedCluster) -> None:
    cluster.ensure_running()

    with psycopg.connect(cluster.admin_dsn) as admin:
        row = admin.execute(
            "select current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        ).fetchone()
    assert row == ("127.0.0.1", "")


def test_a_server_that_lost_power_comes_back_with_what_was_committed(home: Path) -> None:
    home.mkdir()
    cluster = EmbeddedCluster("operational", home / "postgres", "secret", durable=True)
    cluster.ensure_running()
    with psycopg.connect(cluster.admin_dsn) as admin:
        admin.execute("create table kept as select generate_series(1, 1000) as id")

    cluster.kill()
    assert not cluster.is_running()
    cluster.ensure_running()

    with psycopg.connect(cluster.admin_dsn) as admin:
        assert admin.execute("select count(*) from kept").fetchone() == (1000,)
        assert admin.execute("select current_setting('fsync')").fetchone() == ("on",)


def test_a_taken_port_is_replaced_at_the_next_start(cluster: EmbeddedCluster) -> None:
    cluster.ensure_running()
    port = cluster.port
    cluster.stop()
    with socket.create_server(("127.0.0.1", port)):
        cluster.ensure_running()
        assert cluster.port != port
        assert cluster.is_running()


def test_a_killed_initdb_is_started_over(cluster: EmbeddedCluster) -> None:
    cluster.data.mkdir(parents=True)
    (cluster.data / "half").write_text("written by an initdb that was killed")

    cluster.ensure_running()

    assert cluster.is_running()
    assert not (cluster.data / "half").exists()


def test_the_servers_log_holds_no_value_of_a_failing_statement(servers: Servers) -> None:
    cluster = servers.environment.clusters["operational"]
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        # The control: the session itself is told the value, so the server had it at hand to print.
        with pytest.raises(psycopg.errors.InvalidDatetimeFormat, match=CANARY):
            admin.execute(f"select '{CANARY}'::date")
        with pytest.raises(psycopg.errors.InvalidDatetimeFormat, match=CANARY):
            admin.execute("select %s::text::date", (CANARY,))
        admin.execute(f"do $$ begin raise warning '{CANARY}'; end $$")

    logs = [path.read_text(errors="replace") for path in (cluster.data / "log").glob("*.log")]
    assert any("ready to accept connections" in text for text in logs)
    assert not any(CANARY in text for text in logs)


def test_folders_above_the_state_keep_their_modes(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "var"
    home.mkdir(mode=0o711)
    environment = LocalEnvironment(home, durable=False)
    try:
        dsns = environment.ensure()
        with psycopg.connect(dsns["operational"]["app"]) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        inside = environment.clusters["operational"].data.is_relative_to(home)
        # As root the servers run as another account, which cannot pass the closed folder.
        assert inside is not ServerAccount.current().switched
    finally:
        environment.destroy()
    assert not environment.clusters["operational"].data.exists()
