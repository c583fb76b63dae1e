"""Links that are sent to people: random tokens, kept as digests, for one purpose, until an expiry.

What a link allows is its area's. Looking never uses one up: `find` reads, and only `consume`, called by
POST, ends it, because scanners of mail open every link they see.
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import organization_of
from medspa.kernel.errors import DomainError
from medspa.kernel.settings import Settings
from operational.directory import lookup
from operational.directory.lookup import LinkFound
from operational.identity import tokens
from operational.models import LinkToken

APPOINTMENT, WAITLIST_OFFER, BOOKING_COMPLETION = "appointment", "waitlist_offer", "booking_completion"

PAGES = {
    APPOINTMENT: "/visit/{token}",
    WAITLIST_OFFER: "/offer/{token}",
    BOOKING_COMPLETION: "/booking/{token}",
}
"""The page that a link of each purpose opens."""
HIDDEN = "[link]"
_SENT = re.compile(
    r"(?:https?://[^\s/]+)?(?:"
    + "|".join(re.escape(one.removesuffix("{token}")) for one in PAGES.values())
    + r")[\w-]{20,}"
)


class LinkUnusable(DomainError):
    """Unknown, expired, used or withdrawn: the answer does not tell which."""

    status = 410
    code = "link-unusable"
    title = "This link cannot be used any more"


def issue(
    session: Session,
    *,
    purpose: str,
    client_id: uuid.UUID | None,
    subject_id: uuid.UUID,
    lifetime: timedelta,
) -> str:
    """The token of a new link; known here and nowhere else. Older links of the subject go on working."""
    token = tokens.new_token()
    session.add(
        LinkToken(
            org_id=organization_of(session),
            token_digest=tokens.digest(token),
            purpose=purpose,
            client_id=client_id,
            subject_id=subject_id,
            expires_at=clock.now() + lifetime,
        )
    )
    session.flush()
    return token


def revoke(session: Session, purpose: str, subject_id: uuid.UUID) -> None:
    """End all links of a subject for a purpose."""
    live = (LinkToken.purpose == purpose) & (LinkToken.subject_id == subject_id)
    session.execute(
        update(LinkToken)
        .where(live, LinkToken.consumed_at.is_(None), LinkToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def find(engine: Engine, purpose: str, token: str) -> LinkFound | None:
    """The organization and id of a link while it can be used. Changes nothing."""
    return lookup.by_link(engine, tokens.digest(token), purpose, clock.now())


def held(session: Session, link_id: uuid.UUID) -> LinkToken:
    """A link that can still be used, locked until the transaction ends. Raises LinkUnusable."""
    statement = select(LinkToken).where(LinkToken.id == link_id).with_for_update()
    link = session.scalar(statement.execution_options(populate_existing=True))
    if (
        link is None
        or link.consumed_at is not None
        or link.revoked_at is not None
        or link.expires_at <= clock.now()
    ):
        raise LinkUnusable
    return link


def consume(session: Session, link_id: uuid.UUID) -> LinkToken:
    """Use a link up; of two at once one gets it. Raises LinkUnusable."""
    link = held(session, link_id)
    link.consumed_at = clock.now()
    session.flush()
    return link


def public_url(settings: Settings, path: str) -> str:
    """The address of a page of ours as somebody outside reaches it."""
    origin = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    return origin + path


def url_of(settings: Settings, purpose: str, token: str) -> str:
    """The address of a link as it is sent."""
    return public_url(settings, PAGES[purpose].format(token=token))


def without_links(text: str) -> str:
    """A text as others than its recipient may read it: whoever sees a link could use it."""
    return _SENT.sub(HIDDEN, text)
