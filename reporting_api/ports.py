"""What reporting needs from the operational side, handed in by the composition root."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request

from medspa.kernel.errors import Forbidden
from medspa.kernel.vocabulary import ActorKind, Permission
from medspa.ui.shell import Shell


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads, for which organization. `permissions`: location (None: all of them) → what is held there."""

    org_id: uuid.UUID
    actor_kind: ActorKind
    actor_id: uuid.UUID
    permissions: Mapping[uuid.UUID | None, frozenset[Permission]]
    shell: Shell | None = None
    """What stands around a page of theirs; only those who serve pages say so."""

    def may(self, permission: Permission) -> bool:
        """Whether the permission is held anywhere."""
        return any(permission in some for some in self.permissions.values())

    def locations_with(self, permission: Permission) -> frozenset[uuid.UUID] | None:
        """Where the permission is held; None: at every location. Raises Forbidden when nowhere."""
        if permission in self.permissions.get(None, frozenset()):
            return None
        held = frozenset(at for at, some in self.permissions.items() if at is not None and permission in some)
        if not held:
            raise Forbidden(
                f"This needs the permission {permission.value}.", {"permission": permission.value}
            )
        return held


class Authorizer(Protocol):
    """Says who a request comes from."""

    def viewer(self, request: Request) -> Viewer:
        """Raises Unauthenticated."""
        ...


class AccessLog(Protocol):
    """Records that a report was read, before its bytes leave."""

    def report_read(self, viewer: Viewer, report: str, parameters: Mapping[str, Any], rows: int) -> None:
        """Durable when it returns; raising keeps the answer from leaving."""
        ...
