"""The page on which the in-process processor takes a card: a stand-in for the page of a real one.

Another processor has its own, on its own servers: then there is nothing here.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request, Response

from medspa.kernel.errors import NotFound
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.checkout.processor.inprocess_cards import CARDS, PATH
from operational.checkout.processor.open import open_processor
from operational.identity.dependencies import Slot, services_of
from operational.online.shown import public, public_page, public_router
from operational.pages import redirect

pages = public_router()


@pages.get(PATH + "{reference}")
@public
def show(request: Request, reference: str, _slot: Slot) -> Response:
    _processor(request, reference)
    return public_page(request, "card_page.html", None, cards=CARDS)


@pages.post(PATH + "{reference}")
@public
def take(
    request: Request, reference: str, _slot: Slot, card: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    processor, return_to = _processor(request, reference)
    if card not in CARDS:
        return public_page(request, "card_page.html", None, 422, cards=CARDS)
    processor.take_card(reference, card)
    return redirect(return_to)


def _processor(request: Request, reference: str) -> tuple[InProcessProcessor, str]:
    services = services_of(request)
    processor = services.ports.get("processor") or open_processor(services.settings)
    return_to = processor.return_of(reference) if isinstance(processor, InProcessProcessor) else None
    if not isinstance(processor, InProcessProcessor) or return_to is None:
        raise NotFound
    return processor, return_to
