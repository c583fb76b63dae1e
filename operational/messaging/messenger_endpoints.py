"""What messengers post to us: reports on texts, and texts that people send. Signed, taken once each."""

from __future__ import annotations

import re
import uuid
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from medspa.kernel.errors import Invalid
from operational import links
from operational.identity.dependencies import Slot, services_of
from operational.messaging import incoming
from operational.messaging.message_schemas import Taken
from operational.messaging.messenger.open import report_secret
from operational.messaging.messenger.twilio import HEADER, verify
from operational.routing import AreaRouter

router = AreaRouter(prefix="/v1/messenger", tags=["messaging"])
LONGEST = 100_000


async def posted(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body())[:LONGEST].decode(errors="replace"), keep_blank_values=True))


def signed(request: Request, form: Annotated[dict[str, str], Depends(posted)]) -> dict[str, str]:
    """The fields of a post that our messenger signed. Raises MessengerSignature."""
    settings = services_of(request).settings
    url = links.public_url(settings, request.url.path)
    verify(report_secret(settings), url, form, request.headers.get(HEADER))
    return form


Form = Annotated[dict[str, str], Depends(signed)]


@router.post("/texts")
def text_received(request: Request, form: Form, _slot: Slot) -> Taken:
    """A text to one of our numbers, signed in the header `X-Twilio-Signature`."""
    services = services_of(request)
    told = incoming.Incoming(*(form.get(name, "")[:4000] for name in ("MessageSid", "From", "To", "Body")))
    if not told.reference or not told.sender or not told.to:
        raise Invalid("This is not a text: MessageSid, From and To are needed.")
    return Taken(taken=incoming.receive(services.engine, services.vault, told) is not None)


@router.post("/texts/{message_id}/status")
def text_reported(request: Request, message_id: uuid.UUID, form: Form, _slot: Slot) -> Taken:
    """What became of a text of ours, signed as above."""
    services = services_of(request)
    code = re.sub(r"[^a-z0-9_]", "", form.get("ErrorCode", "").lower())[:40]
    taken = incoming.report(
        services.engine,
        services.vault,
        message_id,
        form.get("MessageStatus", ""),
        form.get("MessageSid", "")[:64],
        f"error_{code}" if code else "undelivered",
    )
    return Taken(taken=taken)
