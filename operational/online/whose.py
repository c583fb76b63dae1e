"""Whose a booking is that somebody makes for themselves: the record, the card, the account that is paid."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from medspa.kernel import clock
from operational.checkout.processor.port import CardGiven
from operational.checkout.queries import found, merchant_account_of, present
from operational.client_records import root_of
from operational.clients.service import create_unmatched
from operational.identity.access import Actor
from operational.models import ClientCard, Location, MerchantAccount, OnlineBooking
from operational.online import details
from operational.online.errors import NotNow
from operational.privacy.vault import Vault


def client(session: Session, actor: Actor, vault: Vault, row: OnlineBooking) -> None:
    """A record of its own for whoever books: known or not, the same is done. Matching comes afterwards."""
    if row.client_id is not None:
        return
    given = details.opened(session, vault, row)
    if given is None:
        raise NotNow("Fill in your details first.")
    values: dict[str, Any] = {
        "first_name": given.first_name, "last_name": given.last_name, "phone": given.phone,
        "email": given.email, "birth_date": given.birth_date, "flags": [], "source": "online_booking",
        "home_location_id": row.location_id,
    }  # fmt: skip
    row.client_id = create_unmatched(session, actor, values).id
    session.flush()


def person(session: Session, row: OnlineBooking) -> uuid.UUID:
    """Whose booking it is: the desk may have merged the record that it was begun with."""
    return root_of(session, present(row.client_id))


def known(row: OnlineBooking) -> bool:
    """Whether somebody said who they are."""
    return row.details is not None or row.client_id is not None


def keep_card(session: Session, row: OnlineBooking, given: CardGiven) -> None:
    """The client's, for this visit. With a card there is already, that one stays."""
    if row.card_id is not None:
        return
    card = ClientCard(
        org_id=row.org_id, client_id=person(session, row), merchant_account_id=account(session, row).id,
        token=given.token, brand=given.brand, last_four=given.last_four,
    )  # fmt: skip
    session.add(card)
    session.flush()
    row.card_id = card.id


def give_up_card(session: Session, row: OnlineBooking) -> None:
    """A card that was declined is kept no longer: another one is given."""
    if row.card_id is not None:
        card, row.card_id = found(session, ClientCard, row.card_id, "card"), None
        card.removed_at = clock.now()


def account(session: Session, row: OnlineBooking) -> MerchantAccount:
    return merchant_account_of(session, found(session, Location, row.location_id, "location"))
