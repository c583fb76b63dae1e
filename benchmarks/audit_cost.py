"""What the audit of PHI reads costs: GET /v1/clients/{id} audited against the same endpoint without it.

Two databases of one durable cluster, one server process each, the same requests in alternating rounds.
Baselines: `unaudited` reads only; `unaudited, durable` also commits one small row, as the audit must.
Run: `python -m benchmarks.audit_cost [seconds per round]`.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import uvicorn
from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.harness import spread
from medspa.kernel.settings import Settings, load_settings
from medspa.kernel.settled import settled
from medspa.local import roles
from medspa.local.environment import LocalEnvironment
from operational.migrations.runner import migrate

CLIENTS = 8
ROUNDS = 6
GOAL = 0.8
VARIANTS = ("audited", "unaudited", "unaudited, durable")


def serve(variant: str, port: int) -> None:
    """One server process. The unaudited ones skip every statement of the audit."""
    from operational.app import create_app
    from operational.identity import unit
    from operational.privacy import audit

    if variant != "audited":

        def opened(session: Session, *_: object) -> object:
            state = audit._state(session)
            state.access_id = uuid.UUID(int=0)
            if variant.endswith("durable"):
                session.execute(text("insert into benchmark_mark default values"))
            return state.access_id

        # What the requests of this process skip: the header, the record, and what is collected for it.
        setattr(unit, "open_audit", opened)  # noqa: B010
        setattr(audit.AuditState, "entries", lambda _: [])  # noqa: B010
        setattr(audit, "read_by", lambda *_: frozenset())  # noqa: B010
    uvicorn.run(settled(create_app(load_settings())), port=port, access_log=False, log_level="error")


def measure(port: int, path: str, headers: dict[str, str], seconds: float) -> float:
    """Requests per second of CLIENTS connections."""
    done = [0] * CLIENTS
    deadline = time.perf_counter() + seconds

    def run(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < deadline:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"status {answer.status}")
            done[index] += 1
        connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


@contextlib.contextmanager
def running(variant: str, settings: Settings) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ,
        "MEDSPA_HOME": str(settings.home),
        "MEDSPA_OPERATIONAL_APP_DSN": settings.operational_dsn("app"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.audit_cost", "--serve", variant, str(port)], env=environment
    )
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def run(seconds: float = 4.0) -> dict[str, object]:
    """Requests per second of each variant and the ratios audited / baseline: median and spread."""
    from tests.factories.organization import organization
    from tests.support.databases import Database, on_database

    with tempfile.TemporaryDirectory(prefix="medspa-bench-") as folder, contextlib.ExitStack() as stack:
        Path(folder).chmod(0o711)
        environment = LocalEnvironment(Path(folder) / "var")
        dsns = environment.ensure()["operational"]
        stack.callback(environment.destroy)
        served: dict[str, tuple[int, str, dict[str, str]]] = {}
        for number, variant in enumerate(VARIANTS):
            name = f"bench_{number}"
            with psycopg.connect(dsns["admin"], autocommit=True) as admin:
                roles.create_database(admin, roles.OPERATIONAL.databases[0], name=name)
            database = Database(name, {role: on_database(dsn, name) for role, dsn in dsns.items()})
            migrate(database.dsn("owner"))
            made = organization(database)
            with database.session("owner") as session:
                session.execute(
                    text("create table benchmark_mark (at timestamptz default clock_timestamp())")
                )
                session.execute(text("grant insert on benchmark_mark to medspa_app"))
                if variant != "audited":
                    session.execute(text("drop policy audited on client"))
            database.close()
            settings = Settings(home=Path(folder) / "var", operational=database.dsns)
            port = stack.enter_context(running(variant, settings))
            served[variant] = (port, f"/v1/clients/{made.clients[0]}", made.headers)
        speeds: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
        for number in range(ROUNDS + 1):
            for variant in VARIANTS:
                port, path, headers = served[variant]
                speed = measure(port, path, headers, seconds if number else 1.0)
                if number:
                    speeds[variant].append(speed)
    return {
        "requests per second": {name: round(statistics.median(values)) for name, values in speeds.items()},
        **{
            f"audited / {name}": _ratios(speeds["audited"], speeds[name])
            for name in VARIANTS
            if name != "audited"
        },
        "goal": GOAL,
    }


def _ratios(one: list[float], other: list[float]) -> dict[str, float]:
    return spread([a / b for a, b in zip(one, other, strict=True)], 3)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        print(run(*(float(given) for given in sys.argv[1:2])))
