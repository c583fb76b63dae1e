"""The first rows of an organization, written by the owner role: before them there is nobody to authorize.

The application's role cannot do this. Only the command line and set-up scripts hold the owner's DSN.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from medspa.kernel import clock
from medspa.kernel.database import session_scope
from medspa.kernel.errors import DomainError, Invalid
from medspa.kernel.ids import new_id
from medspa.kernel.vocabulary import Permission
from operational.identity import passwords, tokens
from operational.identity.presets import OWNER, PRESETS
from operational.models.organization import Organization
from operational.models.staff import ApiKey, Role, StaffMember, StaffRole
from operational.text import clean_email, clean_line

SLUG = re.compile(r"[a-z0-9-]{2,60}")


class OrganizationExists(DomainError):
    code = "organization-exists"
    title = "An organization with this short name exists already"


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """What to hand to the person who starts: the secrets are not stored and cannot be shown again."""

    org_id: uuid.UUID
    owner_id: uuid.UUID
    api_key_id: uuid.UUID
    roles: dict[str, uuid.UUID]
    password: str
    api_key: str


def create_organization(
    owner_engine: Engine,
    *,
    name: str,
    slug: str,
    owner_label: str,
    owner_email: str,
    password: str | None = None,
) -> NewOrganization:
    """An organization with preset roles, its first owner and an API key with all permissions.

    Raises OrganizationExists when the slug is taken, Invalid for an unusable slug, address or password.
    """
    try:
        owner_email, name, owner_label = clean_email(owner_email), clean_line(name), clean_line(owner_label)
    except ValueError as error:
        raise Invalid(str(error)) from None
    if not SLUG.fullmatch(slug):
        raise Invalid("slug: use 2 to 60 lower-case letters, digits and dashes.")
    secret = password or tokens.new_token()
    with session_scope(owner_engine) as session:
        if session.query(Organization).filter_by(slug=slug).first() is not None:
            raise OrganizationExists(f"Choose another short name than {slug!r}.")
        org_id = new_id()
        session.add(Organization(org_id=org_id, name=name, slug=slug, created_at=clock.now()))
        session.flush()
        roles = {
            title: _add(session, Role(org_id=org_id, name=title, permissions=sorted(held)))
            for title, held in PRESETS.items()
        }
        owner_id = _add(session, _owner(org_id, owner_label, owner_email, passwords.hash_password(secret)))
        _add(session, StaffRole(org_id=org_id, staff_id=owner_id, role_id=roles[OWNER], location_id=None))
        token = tokens.new_api_key()
        key_id = _add(session, _key(org_id, owner_id, token))
    return NewOrganization(org_id, owner_id, key_id, roles, secret, token)


def _add(session: Session, row: Role | StaffMember | StaffRole | ApiKey) -> uuid.UUID:
    session.add(row)
    session.flush()
    return row.id


def _owner(org_id: uuid.UUID, label: str, email: str, password_hash: str) -> StaffMember:
    return StaffMember(
        org_id=org_id,
        label=label,
        email=email.strip(),
        email_digest=tokens.email_digest(email),
        password_hash=password_hash,
        totp_secret=None,
        totp_last_step=None,
        pin_hash=None,
        is_provider=False,
        active=True,
    )


def _key(org_id: uuid.UUID, owner_id: uuid.UUID, token: str) -> ApiKey:
    return ApiKey(
        org_id=org_id,
        name="Set-up",
        key_digest=tokens.digest(token),
        scopes=sorted(one.value for one in Permission),
        location_id=None,
        created_by=owner_id,
        expires_at=None,
        revoked_at=None,
    )
