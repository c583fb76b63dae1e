"""What identity's endpoints take and answer. No secret is ever part of an answer but where it is made."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from medspa.kernel.vocabulary import Permission
from operational.schemas import Sent, Shown
from operational.text import Line, clean_email

Email = Annotated[str, Field(max_length=254), AfterValidator(clean_email)]
Password = Annotated[str, Field(min_length=1, max_length=200)]
TotpCode = Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["123456"])]
Permissions = Annotated[list[Permission], Field(max_length=100)]


class SignInRequest(Sent):
    email: Email
    password: Password
    code: TotpCode | None = Field(None, description="Of the authenticator app, once it is set up.")
    organization: str | None = Field(
        None, max_length=60, description="Short name; only for those who work for several."
    )


class SessionView(Shown):
    """Who is signed in. `csrf_token` goes into the X-CSRF-Token header of every write."""

    organization_id: uuid.UUID
    staff_id: uuid.UUID
    csrf_token: str
    second_factor_complete: bool = Field(description="False: set up an authenticator app before anything.")


class PermissionsAt(Shown):
    location_id: uuid.UUID | None = Field(description="Null: everywhere.")
    permissions: list[Permission]


class WhoAmI(Shown):
    organization_id: uuid.UUID
    kind: str
    id: uuid.UUID
    staff_id: uuid.UUID | None
    permissions: list[PermissionsAt]
    csrf_token: str | None = Field(description="Null for API keys, which need none.")


class TotpEnrolment(Shown):
    secret: str
    otpauth_uri: str
    enrolment_token: str = Field(description="Send it back with the app's first code. Lives 10 minutes.")


class TotpConfirmation(Sent):
    enrolment_token: str = Field(max_length=2_000)
    code: TotpCode


class EnrolmentAcceptance(Sent):
    token: str = Field(max_length=200)
    password: Password


class RoleCreate(Sent):
    name: Line
    permissions: Permissions


class RoleChange(Sent):
    name: Line | None = None
    permissions: Permissions | None = None


class RoleView(Shown):
    id: uuid.UUID
    name: str
    permissions: list[str]
    version: int


class RoleAtLocation(Shown):
    role_id: uuid.UUID
    location_id: uuid.UUID | None = Field(None, description="Null: at every location.")


class RolesSet(Sent):
    roles: list[RoleAtLocation] = Field(max_length=200)


class StaffCreate(Sent):
    label: Line = Field(description="How reports and the calendar name the person.")
    email: Email
    is_provider: bool = False
    roles: list[RoleAtLocation] = Field(default_factory=list, max_length=200)


class StaffChange(Sent):
    label: Line | None = None
    is_provider: bool | None = None
    active: bool | None = None


class StaffView(Shown):
    id: uuid.UUID
    label: str
    is_provider: bool
    active: bool
    second_factor: bool
    roles: list[RoleAtLocation]
    version: int


class EnrolmentLink(Shown):
    """Shown once. The person sets a password with it, at /enrolment or by POST /v1/enrolments."""

    staff_id: uuid.UUID
    enrolment_token: str


class StaffHired(EnrolmentLink):
    staff: StaffView


class ApiKeyCreate(Sent):
    name: Line
    scopes: Permissions = Field(min_length=1)
    location_id: uuid.UUID | None = None
    expires_at: AwareDatetime | None = None


class ApiKeyView(Shown):
    id: uuid.UUID
    name: str
    scopes: list[str]
    location_id: uuid.UUID | None
    created_by: uuid.UUID
    expires_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class ApiKeyMade(ApiKeyView):
    key: str = Field(description="Shown once; only its digest is stored.")
