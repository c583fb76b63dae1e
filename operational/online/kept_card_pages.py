"""Taking a kept card off, from the client's page, which shows the cards."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Request, Response

from medspa.kernel.vocabulary import Permission, Purpose
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.online import kept_cards
from operational.pages import page_router, redirect

pages = page_router()
Writer = Annotated[Unit, Depends(needs(Permission.CLIENT_WRITE, phi=Purpose.OPERATIONS), scope="function")]


@pages.post("/clients/{client_id}/cards/{card_id}/remove")
def remove_card(request: Request, client_id: uuid.UUID, card_id: uuid.UUID, unit: Writer) -> Response:
    kept_cards.remove(unit.session, unit.actor, client_id, card_id)
    return redirect(f"/clients/{client_id}#cards", request, "The card is kept no longer.")
