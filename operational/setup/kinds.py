"""What a kind of record is to set-up: its fields, columns and services; and what choices offer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from medspa.kernel.vocabulary import Permission
from operational.identity.access import Actor
from operational.setup.fields import Field, Options

AREA = "operational.setup"
Shown = Callable[[Any, str, Mapping[uuid.UUID, str]], str]
"""A row, the currency, and names by id → what a cell says."""


@dataclass(frozen=True, slots=True)
class Section:
    path: str
    one: str
    title: str
    lead: str
    permission: Permission
    model: Any
    creates: type[BaseModel]
    changes: type[BaseModel]
    fields: tuple[Field, ...]
    columns: tuple[tuple[str, Shown], ...]
    create: Callable[[Session, Actor, dict[str, Any]], Any]
    edit: Callable[[Session, Actor, uuid.UUID, str, dict[str, Any]], Any]
    more: tuple[tuple[str, str], ...] = ()
    """Further pages of one record: (address with {id}, words)."""
    read: Callable[[Session, Any], dict[str, Any]] = lambda *_: {}
    """What the form shows of a record that is no column of it."""
    prepare: Callable[[dict[str, Any]], dict[str, Any]] = lambda values: values
    """Values of the form as the schemas take them."""

    @property
    def changing(self) -> list[Field]:
        """What of a record may still be changed."""
        return [one for one in self.fields if not one.once]


def named(model: Any, *where: Any) -> Callable[[Session], Options]:
    """The records of a kind as a choice, by name."""

    def options(session: Session) -> Options:
        rows = session.execute(select(model.id, model.name).where(*where).order_by(model.name))
        return [(str(row.id), row.name) for row in rows]

    return options


NAME: tuple[str, Shown] = ("Name", lambda row, *_: row.name)
STATE: tuple[str, Shown] = ("State", lambda row, *_: "In use" if row.active else "Not in use")
ACTIVE = Field("active", "In use", "check", required=False, start="on")
