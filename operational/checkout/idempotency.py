"""The Idempotency-Key of every request that moves money, as a dependency for all areas.

    @router.post("/things", status_code=201, response_model=ThingOut)
    def make(body: ThingIn, call: Annotated[Call, Depends(moves_money(Permission.X), scope="function")]):
        return call.run(lambda session: answer(201, ThingOut(...), location_id))

The claim is committed before the work begins; the answer is stored with the work. A replay needs the
permission at the place of the work again and opens its own audit. Whatever the work refuses leaves the
key unused. Answers that show a client are not kept: `run_shown` keeps ids and shows the record again. The
rows are in claims.py.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from medspa.kernel.database import TenantSession
from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import Permission, Purpose
from operational.checkout import claims
from operational.checkout.cardnumbers import refuse_card_numbers
from operational.checkout.claims import Claim, StoredAnswer
from operational.checkout.desk import Desk
from operational.checkout.errors import IdempotencyKeyMissing
from operational.identity.dependencies import needs
from operational.identity.unit import Unit

MAX_KEY = 255
REPLAYED = "Idempotency-Replayed"

Work = Callable[[TenantSession], StoredAnswer]
StepWork = Callable[[Desk, Claim], StoredAnswer]
Show = Callable[[TenantSession, StoredAnswer], Response]


def answer(status: int, body: BaseModel, location_id: uuid.UUID | None) -> StoredAnswer:
    """What the work answers: ids and amounts only, for it is kept."""
    return StoredAnswer(status, body.model_dump_json().encode(), location_id)


def refusal(error: DomainError, location_id: uuid.UUID | None) -> StoredAnswer:
    """A refusal that is an outcome (the processor was asked), kept like any answer."""
    return StoredAnswer(error.status, json.dumps(error.problem()).encode(), location_id)


@dataclass(frozen=True, slots=True)
class Keyed:
    """The key of a request and what it asks for."""

    key: str
    method: str
    target: str
    body: bytes

    def fingerprint(self, actor_id: uuid.UUID) -> str:
        parts = (self.method.encode(), self.target.encode(), actor_id.bytes, self.body)
        digest = hashlib.sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()


async def keyed(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="Required, 1 to 255 characters; the same for every retry of this request."),
    ] = None,
) -> Keyed:
    """Reads key and body; the same JSON spelled differently is the same request."""
    return await _read(request, idempotency_key or "")


async def keyed_if_sent(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="1 to 255 characters, the same for every retry; required where a fee may be due."),
    ] = None,
) -> Keyed:
    """As `keyed`, for requests that move money only sometimes: without a header the key is empty."""
    return await _read(request, idempotency_key)


async def _read(request: Request, key: str | None) -> Keyed:
    raw = await request.body()
    with suppress(ValueError):
        parsed = json.loads(raw) if raw else None
        refuse_card_numbers(parsed)
        raw = json.dumps(parsed, sort_keys=True, separators=(",", ":")).encode()
    if key is not None and (
        not key.strip() or len(key) > MAX_KEY or not key.isascii() or not key.isprintable()
    ):
        raise IdempotencyKeyMissing
    return Keyed(key or "", request.method, f"{request.url.path}?{request.url.query}", raw)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that moves money."""

    unit: Unit
    keyed: Keyed
    permission: Permission
    purpose: Purpose

    @property
    def desk(self) -> Desk:
        return Desk(self.unit.session, self.unit.actor, self.purpose)

    def run(self, work: Work) -> Response:
        """Do the work once, in one transaction with its answer."""

        def steps(desk: Desk, held: Claim) -> StoredAnswer:
            with desk.transaction() as session:
                done = work(session)
                claims.finish(session, held, done)
            return done

        return self.run_steps(steps)

    def run_shown(self, work: Work, show: Show) -> Response:
        """As `run`, for an answer about a client: `work` gives ids to keep, `show` what they stand for.

        A replay shows the record as it is by then, under an audit of its own. Without a key nothing is kept.
        """
        shown: list[Response] = []

        def steps(desk: Desk, held: Claim | None) -> StoredAnswer:
            with desk.transaction() as session:
                done = work(session)
                shown[:] = [show(session, done)]
                if held is not None:
                    claims.finish(session, held, done)
            return done

        if not self.keyed.key:
            steps(self.desk, None)
            return shown[0]
        replayed = self.run_steps(steps, show)
        return shown[0] if shown else replayed

    def run_steps(self, work: StepWork, show: Show | None = None) -> Response:
        """Do work that takes several transactions; it calls `claims.finish` in the last of them.

        Once it has set `claim.begun`, a failure keeps the key, so that a retry resumes the work. `show` makes
        the answer of a replay out of what was kept.
        """
        desk, actor = self.desk, self.unit.actor
        with desk.transaction() as session:
            held = claims.claim(session, self.keyed.key, self.keyed.fingerprint(actor.id), actor.id)
            if isinstance(held, StoredAnswer):
                actor.require(self.permission, held.location_id)
                if show is None:
                    return respond(held, replayed=True)
                again = show(session, held)
                again.headers[REPLAYED] = "true"
                return again
        try:
            return respond(work(desk, held))
        except BaseException:
            if not held.begun:
                with suppress(SQLAlchemyError), desk.transaction() as session:
                    claims.release(session, held)
            raise


def respond(stored: StoredAnswer, *, replayed: bool = False) -> Response:
    media = "application/json" if stored.status < 400 else "application/problem+json"
    headers = {"Cache-Control": "no-store", **({REPLAYED: "true"} if replayed else {})}
    return Response(stored.body, stored.status, headers, media)


def moves_money(
    permission: Permission, *, purpose: Purpose = Purpose.PAYMENT, sometimes: bool = False
) -> Callable[..., Call]:
    """The dependency: an authenticated, permitted actor with an Idempotency-Key (`sometimes`: or without)."""

    permitted = Depends(needs(permission, phi=purpose), scope="function")
    read = keyed_if_sent if sometimes else keyed

    # A default, not Annotated: annotations are text here, and text does not see this closure.
    def dependency(parts: Keyed = Depends(read), unit: Unit = permitted) -> Call:
        return Call(unit, parts, permission, purpose)

    return dependency
