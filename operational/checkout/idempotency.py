"""The Idempotency-Key of every POST that moves money, as a dependency for all areas.

    @router.post("/things", status_code=201, response_model=ThingOut)
    def make(body: ThingIn, call: Annotated[Call, Depends(moves_money(Permission.X), scope="function")]):
        return call.run(lambda session: answer(201, ThingOut(...), location_id))

The claim is committed before the work begins; the answer is stored with the work. A replay needs the
permission at the place of the work again and opens its own audit. Whatever the work refuses leaves the
key unused. The rows are in claims.py.
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
    raw = await request.body()
    with suppress(ValueError):
        parsed = json.loads(raw) if raw else None
        refuse_card_numbers(parsed)
        raw = json.dumps(parsed, sort_keys=True, separators=(",", ":")).encode()
    if (
        not idempotency_key
        or not idempotency_key.strip()
        or len(idempotency_key) > MAX_KEY
        or not idempotency_key.isascii()
        or not idempotency_key.isprintable()
    ):
        raise IdempotencyKeyMissing
    return Keyed(idempotency_key, request.method, f"{request.url.path}?{request.url.query}", raw)


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

    def run_steps(self, work: StepWork) -> Response:
        """Do work that takes several transactions; it calls `claims.finish` in the last of them.

        Once it has set `claim.begun`, a failure keeps the key, so that a retry resumes the work.
        """
        desk, actor = self.desk, self.unit.actor
        with desk.transaction() as session:
            held = claims.claim(session, self.keyed.key, self.keyed.fingerprint(actor.id), actor.id)
            if isinstance(held, StoredAnswer):
                actor.require(self.permission, held.location_id)
                return respond(held, replayed=True)
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


def moves_money(permission: Permission, *, purpose: Purpose = Purpose.PAYMENT) -> Callable[..., Call]:
    """The dependency: an authenticated, permitted actor with an Idempotency-Key."""

    permitted = Depends(needs(permission, phi=purpose), scope="function")

    # A default, not Annotated: annotations are text here, and text does not see this closure.
    def dependency(parts: Annotated[Keyed, Depends(keyed)], unit: Unit = permitted) -> Call:
        return Call(unit, parts, permission, purpose)

    return dependency
