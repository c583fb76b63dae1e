"""Telling open calendars that something changed: one connection hears it and wakes who looks on.

Nothing of what changed is sent: the page asks again for what it may see. One of these lives in each web
process, in the server's event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from medspa.kernel.errors import DomainError

MOST, MOST_OF_ORGANIZATION, MOST_OF_SESSION = 300, 60, 6
"""Open streams of a process; a calendar beyond them is brought up to date when it is loaded.
One organization, or one person, leaves room for the others."""
HEARTBEAT = 20.0
"""Seconds; what stands between would close a silent stream."""
LIFETIME = 240.0
"""Seconds after which a stream ends: the browser comes back and is asked again who it is."""
AGAIN = 2.0
"""Seconds before a lost connection is made again."""
LOOK = 0.25
"""Seconds after which the listener sees that it has to listen for one organization more."""
CALM = 0.1
"""Seconds in which several changes are told of once."""
READY, CHANGED, ALIVE = b"event: ready\ndata: 1\n\n", b"event: changed\ndata: 1\n\n", b": \n\n"


class TooManyWatching(DomainError):
    status = 503
    code = "too-many-watching"
    title = "Too many calendars are open to follow changes; load the page again to see them"


@dataclass(eq=False)
class _Watch:
    """One who looks on."""

    org_id: uuid.UUID
    session_id: uuid.UUID
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Changes:
    """Who looks on, and the connection that hears for them: made for the first, closed after the last."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        # Weak, so that a stream that was answered and never begun takes no room.
        self._watching: weakref.WeakSet[_Watch] = weakref.WeakSet()
        self._heard: dict[uuid.UUID, asyncio.Event] = {}
        self._listener: asyncio.Task[None] | None = None

    @property
    def watching(self) -> int:
        return len(self._watching)

    def stream(self, org_id: uuid.UUID, session_id: uuid.UUID) -> AsyncIterator[bytes]:
        """`ready` once changes are heard, then `changed` for each, as server-sent events.

        Counted from now on. Raises TooManyWatching.
        """
        of_organization = [one for one in self._watching if one.org_id == org_id]
        of_session = [one for one in of_organization if one.session_id == session_id]
        if (
            self.watching >= MOST
            or len(of_organization) >= MOST_OF_ORGANIZATION
            or len(of_session) >= MOST_OF_SESSION
        ):
            raise TooManyWatching
        watch = _Watch(org_id, session_id)
        self._watching.add(watch)
        return self._follow(watch)

    async def _follow(self, watch: _Watch) -> AsyncIterator[bytes]:
        changed = watch.changed
        heard = self._heard.setdefault(watch.org_id, asyncio.Event())
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        ends = asyncio.get_running_loop().time() + LIFETIME
        try:
            await heard.wait()
            yield READY
            while asyncio.get_running_loop().time() < ends:
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT)
                except TimeoutError:
                    yield ALIVE
                    continue
                await asyncio.sleep(CALM)
                changed.clear()
                yield CHANGED
        finally:
            self._watching.discard(watch)

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener

    def _organizations(self) -> set[uuid.UUID]:
        return {one.org_id for one in self._watching}

    async def _listen(self) -> None:
        while self._watching:
            try:
                await self._hear()
            except psycopg.Error:
                for heard in self._heard.values():
                    heard.clear()
                await asyncio.sleep(AGAIN)

    async def _hear(self) -> None:
        made = await psycopg.AsyncConnection.connect(
            self._dsn, autocommit=True, application_name="medspa-calendar"
        )
        async with made as connection:
            listening: set[uuid.UUID] = set()
            while self._watching:
                for org_id in self._organizations() - listening:
                    await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel_of(org_id))))
                    listening.add(org_id)
                    self._woken(org_id)
                for org_id in listening - self._organizations():
                    # Before it is let go, so that who comes meanwhile waits until it is heard again.
                    listening.discard(org_id)
                    self._heard.pop(org_id, None)
                    await connection.execute(
                        sql.SQL("unlisten {}").format(sql.Identifier(channel_of(org_id)))
                    )
                for org_id in listening:
                    self._heard.setdefault(org_id, asyncio.Event()).set()
                async for note in connection.notifies(timeout=LOOK):
                    self._woken(uuid.UUID(note.channel.removeprefix(_PREFIX)))
            self._heard.clear()

    def _woken(self, org_id: uuid.UUID) -> None:
        for one in self._watching:
            if one.org_id == org_id:
                one.changed.set()


_PREFIX = "calendar_"


def channel_of(org_id: uuid.UUID) -> str:
    return f"{_PREFIX}{org_id.hex}"
