"""The actor of a request and the permissions it carries. Sign-in and storage live beside it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from medspa.kernel.errors import Forbidden
from medspa.kernel.vocabulary import ActorKind, Permission

EVERYWHERE = None
"""The location key of permissions held at every location."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for which organization, with permissions per location (None: everywhere)."""

    org_id: uuid.UUID
    kind: ActorKind
    id: uuid.UUID
    """The staff member, API key, client or job."""
    staff_id: uuid.UUID | None
    origin: str
    """Where from, as a code: `http`, `cli`, `job:<name>`."""
    permissions: Mapping[uuid.UUID | None, frozenset[Permission]] = field(default_factory=dict)

    def may(self, permission: Permission, location_id: uuid.UUID | None = None) -> bool:
        """True when held everywhere, at `location_id`, or (no location asked) at any location."""
        if permission in self.permissions.get(EVERYWHERE, frozenset()):
            return True
        if location_id is not None:
            return permission in self.permissions.get(location_id, frozenset())
        return any(permission in held for held in self.permissions.values())

    def require(self, permission: Permission, location_id: uuid.UUID | None = None) -> None:
        """Raises Forbidden naming the missing permission."""
        if not self.may(permission, location_id):
            needed = permission.value
            raise Forbidden(f"This needs the permission {needed}.", {"permission": needed})

    def require_everywhere(self, permission: Permission) -> None:
        """Raises Forbidden unless the permission is held at every location (organization-wide matters)."""
        if permission not in self.permissions.get(EVERYWHERE, frozenset()):
            raise Forbidden(
                f"This needs the permission {permission.value} at every location.",
                {"permission": permission.value},
            )

    def places_of(self, permission: Permission) -> tuple[uuid.UUID, ...] | None:
        """The locations at which this permission is held, among those of the actor; None: everywhere."""
        if permission in self.permissions.get(EVERYWHERE, frozenset()):
            return None
        return tuple(place for place, held in self.permissions.items() if place and permission in held)

    @property
    def locations(self) -> tuple[uuid.UUID, ...] | None:
        """The locations this actor may work at; None: all of them."""
        if self.permissions.get(EVERYWHERE):
            return None
        return tuple(location for location in self.permissions if location is not None)
