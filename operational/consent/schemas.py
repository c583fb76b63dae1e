"""What consent endpoints take and answer. Front-desk answers never hold wording or signatures."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from medspa.kernel.vocabulary import SignatureMethod
from operational.privacy.schemas import PhiSchema
from operational.schemas import Sent, Shown
from operational.text import Line, Paragraph, clean_line

Status = Literal["valid", "missing", "outdated", "expired"]
Relationship = Literal["self", "parent", "guardian", "representative"]


class NewTemplate(Sent):
    name: Line
    valid_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class TemplateOut(Shown):
    id: uuid.UUID
    name: str
    valid_days: int | None


class NewVersion(Sent):
    body: Paragraph
    disclosure: Paragraph


class VersionOut(Shown):
    """A published wording. It never changes."""

    id: uuid.UUID
    template_id: uuid.UUID
    number: int
    body: str
    disclosure: str
    body_sha256: str
    published_at: dt.datetime


class ToSign(PhiSchema):
    """Exactly what the client is shown; `rendered_sha256` comes back with the signature."""

    client_id: uuid.UUID
    template_version_id: uuid.UUID
    number: int
    disclosure: str
    rendered: str
    rendered_sha256: str


class Signature(Sent):
    """A signature on what was shown."""

    template_version_id: uuid.UUID
    rendered_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    disclosure_accepted_at: AwareDatetime | None
    signer_name: Line
    relationship: Relationship = "self"
    method: SignatureMethod
    signature: Annotated[str, Field(min_length=1, max_length=400_000), AfterValidator(clean_line)]
    """Typed: the name as typed. Drawn: the drawing as base64."""
    appointment_id: uuid.UUID | None = None


class SignedOut(PhiSchema):
    """Evidence of a signature, without its content."""

    id: uuid.UUID
    client_id: uuid.UUID
    template_version_id: uuid.UUID
    method: SignatureMethod
    relationship: str
    signed_at: dt.datetime
    valid_until: dt.datetime | None
    rendered_sha256: str


class SignedCopy(SignedOut):
    """A signature with the exact text that was signed; needs `chart.read`."""

    signer_name: str
    rendered: str


class ConsentStatus(PhiSchema):
    """Whether a client's consent to a form holds now; shown to the front desk."""

    client_id: uuid.UUID
    template_id: uuid.UUID
    template: str
    status: Status
    signed_version: int | None
    current_version: int | None
