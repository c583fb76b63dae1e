"""Finding a client by the beginning of a name, the end of a phone number or the beginning of an address.

Every comparison is a range over a generated key column: row security lets only such comparisons use an index.
"""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from medspa.kernel.errors import Invalid
from operational.models.client import Client
from operational.paging import decode, encode
from operational.text import clean_phone

MIN_QUERY = 2
MIN_DIGITS = 3
WHOLE_NUMBER = 8
"""So many digits are a number from its beginning, fewer may be its end."""
_LAST = "\U0010ffff"
"""Sorts after every character: the end of a range of texts with one beginning."""
_ACCENTS = "[\u0300-\u036f]"


def fold(value: str) -> ColumnElement[str]:
    """A text as the key columns have it. The database folds both sides, so they cannot differ."""
    decomposed = func.normalize(value, literal_column("NFKD"))
    return func.lower(func.regexp_replace(decomposed, _ACCENTS, "", "g"))


def search(
    session: Session, query: str | None, limit: int, cursor: str | None
) -> tuple[list[Client], str | None]:
    """(clients, next cursor) in the order of names. Merged records are left out.

    Raises Invalid for a query of fewer than two characters, or of fewer than three digits.
    """
    statement = select(Client).where(Client.merged_into_id.is_(None))
    if query is not None:
        statement = statement.where(matching(query))
    return _page(session, statement, limit, cursor)


def _page(
    session: Session, statement: Select[Client], limit: int, cursor: str | None
) -> tuple[list[Client], str | None]:
    """The cursor holds an id only: a name in it would end up in addresses."""
    order = (Client.last_name_key, Client.first_name_key, Client.id)
    if cursor is not None:
        after = session.execute(select(*order).where(Client.id == decode(cursor))).first()
        if after is None:
            raise Invalid("cursor: send the `next_cursor` of the page before, unchanged.")
        statement = statement.where(tuple_(*order) > tuple_(*after))
    rows = list(session.scalars(statement.order_by(*order).limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode(rows[limit - 1].id)


def matching(query: str) -> ColumnElement[bool]:
    """The condition of a search. Raises Invalid for a query that is too short."""
    sought = query.strip()
    if len(sought) < MIN_QUERY:
        raise Invalid(f"query: write at least {MIN_QUERY} characters.")
    if "@" in sought:
        return _begins(Client.email_key, func.lower(sought))
    if re.fullmatch(r"[\d\s().+/-]+", sought):
        return _phone(sought)
    words = sought.replace(",", " ").split()
    if len(words) == 1:
        return or_(
            _begins(Client.last_name_key, fold(words[0])), _begins(Client.first_name_key, fold(words[0]))
        )
    # "Ann Lee Smith": any split into first and last name, in either order.
    splits = []
    for at in range(1, len(words)):
        one, other = fold(" ".join(words[:at])), fold(" ".join(words[at:]))
        splits += [_named(one, other), _named(other, one)]
    return or_(_begins(Client.last_name_key, fold(" ".join(words))), *splits[:12])


def _named(first: ColumnElement[str], last: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(_begins(Client.first_name_key, first), _begins(Client.last_name_key, last))


def _phone(sought: str) -> ColumnElement[bool]:
    digits = re.sub(r"\D", "", sought)
    if len(digits) < MIN_DIGITS:
        raise Invalid(f"query: write at least {MIN_DIGITS} digits of a phone number.")
    try:
        return Client.phone == clean_phone(sought)
    except ValueError:
        # Elsewhere than in North America a number is told with a zero that its country code replaces.
        trunk = digits.startswith("0") and len(digits) >= WHOLE_NUMBER
        return _begins(Client.phone_reversed, func.reverse(digits.lstrip("0") if trunk else digits))


def _begins(
    key: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], start: ColumnElement[str]
) -> ColumnElement[bool]:
    return and_(key >= start, key < start.concat(_LAST))
