"""Who a row is about: customers become clients, and what tells of one person twice becomes one record.

Merged are rows that the duplicate rules name (same phone, e-mail, or birth date) and that bear the same name.
Who shares only a phone or an address is flagged, as at the desk; who shares only a name is kept apart.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from medspa.kernel.ids import new_client_key
from operational.clients.duplicates import EMAIL, PHONE
from operational.importers.report import RowRefused
from operational.importers.rows import Rows
from operational.importers.store import Known
from operational.importers.vagaro.records import Customer
from operational.importers.values import folded
from operational.models import Client, ClientDuplicate

MOST_DUPLICATES = 20
"""Of one record, as at the desk."""
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """A client as rows may name them."""

    id: UUID
    phone: str | None
    email: str | None
    birth_date: dt.date | None
    listed: bool
    """Named by the customer list, of this import or an earlier one."""


class People:
    """The clients, by name and by what tells two of one name apart."""

    def __init__(self, known: Known, rows: Rows) -> None:
        self._rows = rows
        self._home = known.place.id
        self._by_name: dict[Name, list[Person]] = defaultdict(list)
        self._by_contact: dict[tuple[str, str], list[UUID]] = defaultdict(list)
        self._survivor = {one[0]: one[1] for one in known.clients}
        for client_id, survivor, first, last, phone, email, born in known.clients:
            if client_id == survivor:
                self._keep(_key(first, last), Person(client_id, phone, email, born, listed=False))

    def recall(self, customer: Customer, client_id: UUID | None) -> None:
        """A row of the customer list that an earlier import took."""
        if client_id is not None:
            survivor = self._survivor.get(client_id, client_id)
            name = _key(customer.first_name, customer.last_name)
            self._by_name[name] = [one for one in self._by_name[name] if one.id != survivor]
            self._by_name[name].append(
                Person(survivor, customer.phone, customer.email, customer.birth_date, listed=True)
            )

    def take(self, customer: Customer) -> tuple[UUID, bool]:
        """The client of a row of the customer list, and whether it was there already."""
        name = _key(customer.first_name, customer.last_name)
        for place, one in enumerate(self._by_name[name]):
            if _same(one, customer):
                self._by_name[name][place] = Person(one.id, one.phone, one.email, one.birth_date, listed=True)
                return one.id, True
        client_id = self._new(customer.first_name, customer.last_name, customer)
        return client_id, False

    def find(self, name: Name, email: str | None, phone: str | None) -> UUID:
        """Whom a transaction names; somebody who is on no list becomes a client. Raises RowRefused."""
        found = self._by_name[_key(*name)]
        if phone or email:
            found = [one for one in found if _contact(one, phone, email)] or found
        if len(found) > 1:
            found = [one for one in found if one.listed] or found
        if len(found) > 1:
            raise RowRefused("customer_ambiguous")
        if found:
            return found[0].id
        return self._new(*name, None, phone, email)

    def _new(
        self,
        first: str,
        last: str,
        customer: Customer | None,
        phone: str | None = None,
        email: str | None = None,
    ) -> UUID:
        phone = customer.phone if customer else phone
        email = customer.email if customer else email
        client_id = self._rows.add(
            Client,
            client_key=new_client_key(),
            first_name=first,
            last_name=last,
            phone=phone,
            email=email,
            birth_date=customer.birth_date if customer else None,
            street=customer.street if customer else None,
            city=customer.city if customer else None,
            state=customer.state if customer else None,
            zip_code=customer.zip_code if customer else None,
            source="import",
            flags=[],
            home_location_id=self._home,
        )
        self._flag(client_id, phone, email)
        born = customer.birth_date if customer else None
        self._keep(_key(first, last), Person(client_id, phone, email, born, listed=customer is not None))
        return client_id

    def _keep(self, name: Name, person: Person) -> None:
        self._by_name[name].append(person)
        for contact in _contacts(person.phone, person.email):
            self._by_contact[contact].append(person.id)

    def _flag(self, client_id: UUID, phone: str | None, email: str | None) -> None:
        reasons: dict[UUID, str] = {}
        for contact in _contacts(phone, email):
            for other in self._by_contact[contact][:MOST_DUPLICATES]:
                reasons.setdefault(other, contact[0])
        for other, reason in reasons.items():
            younger, older = sorted((client_id, other), reverse=True)
            self._rows.add(
                ClientDuplicate, client_id=younger, other_client_id=older, reason=reason, resolved_at=None
            )


def _key(first: str, last: str) -> Name:
    return folded(first), folded(last)


def _contacts(phone: str | None, email: str | None) -> list[tuple[str, str]]:
    found = [(PHONE, phone)] if phone else []
    return [*found, (EMAIL, email.lower())] if email else found


def _contact(one: Person, phone: str | None, email: str | None) -> bool:
    return bool(phone and one.phone == phone) or bool(
        email and one.email and one.email.lower() == email.lower()
    )


def _same(one: Person, customer: Customer) -> bool:
    born = customer.birth_date is not None and one.birth_date == customer.birth_date
    return born or _contact(one, customer.phone, customer.email)
