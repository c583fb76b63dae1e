"""Actors for tests that call services without HTTP."""

from __future__ import annotations

from medspa.kernel.vocabulary import ActorKind, Permission
from operational.identity.access import Actor
from tests.factories.organization import OrganizationSetUp


def owner_of(made: OrganizationSetUp) -> Actor:
    """The owner, signed in: every permission everywhere."""
    return Actor(
        org_id=made.org_id,
        kind=ActorKind.STAFF,
        id=made.owner_id,
        staff_id=made.owner_id,
        origin="test",
        permissions={None: frozenset(Permission)},
    )
