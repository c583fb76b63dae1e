"""Response models that carry protected health information, and the only way to build them.

`render` and `render_many` take the session whose audit is open, build the model and record which client it
shows. Built any other way, a PhiSchema raises AuditClosed. Which fields a view shows is its area's matter.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from operational.identity.access import Actor
from operational.privacy.audit import AuditState, record_disclosure, require_open
from operational.privacy.errors import AuditClosed

_CONTEXT = "medspa.audit"


class PhiSchema(BaseModel):
    """A response about clients. `__client_field__` names the field that holds the client's id."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    __client_field__: ClassVar[str | None] = "client_id"

    def model_post_init(self, context: Any, /) -> None:
        state = context.get(_CONTEXT) if isinstance(context, dict) else None
        if not isinstance(state, AuditState) or state.access_id is None:
            raise AuditClosed
        client = getattr(self, self.__client_field__) if self.__client_field__ else None
        if client is not None:
            state.note_returned(context["view"], [client])


Shown = TypeVar("Shown", bound=PhiSchema)


def render(session: Session, actor: Actor, view: str, schema: type[Shown], value: Any) -> Shown:
    """`value` (an object or a mapping) as `schema`, recorded as shown in `view`. Raises AuditClosed."""
    return render_many(session, actor, view, schema, [value])[0]


def render_many(
    session: Session, actor: Actor, view: str, schema: type[Shown], values: Iterable[Any]
) -> list[Shown]:
    """Each of `values` as `schema`. An empty answer is recorded too: that nobody matched is information."""
    state = require_open(session)
    record_disclosure(session, actor, view, ())
    context = {_CONTEXT: state, "view": view}
    return [schema.model_validate(value, from_attributes=True, context=context) for value in values]


def client_ids_of(values: Iterable[Any], attribute: str = "client_id") -> list[uuid.UUID]:
    """The distinct client ids of rows, in order."""
    return list(dict.fromkeys(getattr(value, attribute) for value in values))
