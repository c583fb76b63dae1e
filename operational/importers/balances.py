"""What was outstanding on the day of the move: gift cards and account credit.

They become cutover entries of the last day of history. Open invoices belong to their transactions.
"""

from __future__ import annotations

import re
from uuid import UUID

from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Account, LedgerEvent
from operational.checkout.drafts import code_digest
from operational.importers.days import Days
from operational.importers.report import RowRefused
from operational.importers.rows import Rows
from operational.importers.store import Known
from operational.importers.vagaro.records import Balance
from operational.ledger.post import Entry, Line
from operational.models import GiftCard

_CODE = re.compile(r"[A-Za-z0-9-]{4,40}")


class Balances:
    def __init__(self, org_id: UUID, known: Known, days: Days, rows: Rows) -> None:
        self._org_id = org_id
        self._known = known
        self._days = days
        self._rows = rows
        self.entries: list[Entry] = []

    def take(self, client_id: UUID, balance: Balance) -> None:
        """Raises RowRefused."""
        place = self._known.place
        if reason := place.refuses(place.last_day):
            raise RowRefused(reason)
        if balance.kind == "credit":
            owed = Line(Account.ACCOUNT_CREDIT, -balance.amount_minor, place.id, client_id=client_id)
            kind, source_id = "import_row", new_id()
        else:
            source_id = self._card(client_id, balance)
            owed = Line(Account.GIFT_CARDS, -balance.amount_minor, place.id, gift_card_id=source_id)
            kind = "gift_card"
        day = self._days.use(place.last_day)
        opening = Line(Account.OPENING_BALANCES, balance.amount_minor, place.id)
        self.entries.append(Entry(LedgerEvent.CUTOVER, kind, source_id, day, [opening, owed]))

    def _card(self, client_id: UUID, balance: Balance) -> UUID:
        if not _CODE.fullmatch(balance.reference):
            raise RowRefused("card_code_unreadable")
        digest = code_digest(self._org_id, balance.reference)
        if digest in self._known.cards:
            raise RowRefused("card_known")
        self._known.cards.add(digest)
        place = self._known.place
        return self._rows.add(
            GiftCard, code_digest=digest, last_four=balance.reference.replace("-", "")[-4:],
            location_id=place.id, purchaser_id=client_id, currency=place.currency, issued_on=place.last_day,
        )  # fmt: skip
