"""Canaries in failing statements: found in no answer, log line, rendered error or server log."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import traceback
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from medspa.kernel.database import bind_organization, driver_dsn, new_session
from medspa.kernel.logging import HIDDEN, SafeFormatter, configure, describe_error
from medspa.kernel.vocabulary import Purpose
from operational import problems
from operational.middleware import Envelope
from operational.privacy.audit import open_audit
from tests.factories.practice import Practice, make_client, make_practice
from tests.support.databases import Database, Servers
from tests.support.web import serving

CANARY = "canary.zephyrine@example.test"

FAILING = {
    "unique violation on e-mail": (
        "update client set email = :canary where last_name = 'Second'", "23505",
    ),
    "cast error": ("select cast(:canary as date)", "22007"),
    "cast error in a function": ("select deid.birth_month(cast(:canary as text)::date)", "42501"),
    "check violation": ("update client set phone = :canary where last_name = 'Second'", "23514"),
    "row in the detail": ("update client set first_name = null, city = :canary", "23502"),
    "number out of range": ("select cast(length(:canary) as int) * 2147483647", "22003"),
    "json": ("select cast(:canary as jsonb)", "22P02"),
    "uuid in a setting": ("select set_config('medspa.org_id', :canary, true), audit.is_open()", "22P02"),
    "unknown name": ("select \"" + CANARY + "\" from client where :canary = ''", "42703"),
}  # fmt: skip


@pytest.fixture(scope="module")
def practice(operational_module: Database) -> Practice:
    practice = make_practice(operational_module)
    make_client(operational_module, practice.org_id, "First", email=CANARY)
    make_client(operational_module, practice.org_id, "Second")
    with operational_module.session("owner") as session:
        session.execute(text("create unique index uq_client_email on client (org_id, email)"))
    return practice


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything this process logs, as a configured process writes it."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, threading.excepthook)
    configure(stream=stream)
    try:
        yield stream
    finally:
        root.handlers[:], _, sys.excepthook, threading.excepthook = before
        root.setLevel(before[1])
        logging.captureWarnings(capture=False)


def attempt(database: Database, practice: Practice, statement: str) -> DBAPIError:
    with new_session(database.engine("app")) as session:
        bind_organization(session, practice.org_id)
        open_audit(session, practice.actor, Purpose.OPERATIONS)
        with pytest.raises(DBAPIError) as caught:
            session.execute(text(statement), {"canary": CANARY})
    return caught.value


@pytest.mark.parametrize("name", FAILING)
def test_a_database_error_shows_no_value(
    operational_module: Database, practice: Practice, log: io.StringIO, name: str
) -> None:
    statement, state = FAILING[name]
    error = attempt(operational_module, practice, statement)
    assert getattr(error.orig, "sqlstate", None) == state
    logging.getLogger("medspa.test").error("failed: %s", error, exc_info=error)
    logging.getLogger("sqlalchemy.test").error(str(error), exc_info=error)
    written = log.getvalue()
    assert state in written
    assert CANARY not in written
    if name != "unknown name":  # the statement itself is ours; here it was made to hold the canary
        assert CANARY not in "".join(traceback.format_exception(error))
    assert CANARY not in describe_error(error)


def test_without_the_guards_the_value_shows(operational_module: Database, practice: Practice) -> None:
    """Control: a plain engine and a plain formatter print it."""
    engine = create_engine(driver_dsn(operational_module.dsn("owner")))
    try:
        with pytest.raises(DBAPIError) as caught, Session(engine) as session:
            session.execute(text(FAILING["unique violation on e-mail"][0]), {"canary": CANARY})
    finally:
        engine.dispose()
    assert CANARY in str(caught.value)
    record = logging.makeLogRecord({"msg": "failed: %s", "args": (caught.value,), "name": "medspa"})
    assert CANARY in logging.Formatter().format(record)
    assert CANARY not in SafeFormatter().format(record)


@pytest.mark.parametrize("name", FAILING)
def test_the_answer_over_http_shows_no_value(
    operational_module: Database, practice: Practice, log: io.StringIO, name: str
) -> None:
    app = FastAPI()
    problems.install(app)

    def unit() -> Iterator[Session]:
        with operational_module.session("app", practice.org_id) as session:
            open_audit(session, practice.actor, Purpose.OPERATIONS)
            yield session

    @app.get("/fail/{secret}")
    def fail(secret: str, session: Annotated[Any, Depends(unit, scope="function")]) -> None:
        session.execute(text(FAILING[name][0]), {"canary": CANARY})

    app.add_middleware(Envelope, max_body_bytes=10_000, https=False)
    with serving(lambda: app) as server, server.client() as http:
        answer = http.get(f"/fail/{CANARY}", params={"q": CANARY})
    assert answer.status_code >= 400
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert CANARY not in answer.text + str(answer.headers)
    assert "/fail/{secret}" in log.getvalue()
    assert CANARY not in log.getvalue()


def test_the_server_wrote_none_of_it_down(
    operational_module: Database, practice: Practice, servers: Servers
) -> None:
    for statement, _ in FAILING.values():
        attempt(operational_module, practice, statement)
    logs = [path for path in Path(servers.folder).rglob("*.log") if path.is_file()]
    assert logs
    assert [path.name for path in logs if CANARY.encode() in path.read_bytes()] == []


def line(message: str, *arguments: object, **extra: object) -> dict[str, Any]:
    record = logging.getLogger("medspa.test").makeRecord(
        "medspa.test", logging.INFO, __file__, 1, message, arguments, None, extra=extra
    )
    found: dict[str, Any] = json.loads(SafeFormatter().format(record))
    return found


@pytest.mark.parametrize(
    "value",
    [CANARY, "Zephyrine", "zephyrine", "+12025550123", "1980-05-17", ["Zephyrine"], {"name": "Zephyrine"}],
)
def test_text_in_a_message_is_hidden(value: object) -> None:
    written = line("client %s came", value)
    assert written["message"] == f"client {HIDDEN} came"
    assert "ephyrine" not in json.dumps(line("x", client=value, email=value, value=value))


def test_ids_numbers_and_routes_are_kept() -> None:
    one = uuid.uuid4()
    assert line("%s %s %d %.1fms %s", "GET", "/v1/clients/{client_id}", 200, 1.25, one)["message"] == (
        f"GET /v1/clients/{{client_id}} 200 1.2ms {one}"
    )
    written = line("done", request_id=one, outcome="applied", job="audit.seal", rows=3, secret="x")
    assert (written["request_id"], written["outcome"], written["job"], written["rows"]) == (
        str(one), "applied", "audit.seal", 3,
    )  # fmt: skip
    assert "secret" not in written


def test_uncaught_errors_and_warnings_are_written_without_their_words(log: io.StringIO) -> None:
    sys.excepthook(ValueError, ValueError(CANARY), None)
    thread = threading.Thread(target=lambda: int(CANARY))
    thread.start()
    thread.join()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(CANARY, UserWarning, stacklevel=1)
    written = log.getvalue()
    assert len(written.splitlines()) >= 3
    assert "ValueError at" in written
    assert CANARY not in written
