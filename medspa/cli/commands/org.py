"""`medspa org`: create an organization with its first owner."""

from __future__ import annotations

from typing import Annotated

import typer

from medspa.cli.options import Json
from medspa.cli.output import emit_json, note, say

app = typer.Typer(help="Organizations.", no_args_is_help=True, add_completion=False)

Name = Annotated[str, typer.Option("--name", help="The organization's name.")]
Slug = Annotated[
    str, typer.Option("--slug", help="Its short name: lower-case letters, digits and dashes.", metavar="SLUG")
]
OwnerEmail = Annotated[str, typer.Option("--owner-email", help="The address the first owner signs in with.")]
OwnerLabel = Annotated[
    str, typer.Option("--owner-label", help="How the calendar and reports name the owner.")
]


@app.callback()
def group() -> None:
    """Organizations."""


@app.command()
def create(
    name: Name, slug: Slug, owner_email: OwnerEmail, owner_label: OwnerLabel = "Owner", json: Json = False
) -> None:
    """Create an organization, its roles, its first owner and an API key with every permission.

    Password and key are shown once and cannot be read again.
    """
    from medspa.kernel.database import make_engine
    from medspa.kernel.settings import load_settings
    from operational.organization.bootstrap import create_organization

    settings = load_settings()
    engine = make_engine(settings.operational_dsn("owner"), application_name="medspa-org")
    try:
        made = create_organization(
            engine, name=name, slug=slug, owner_label=owner_label, owner_email=owner_email
        )
    finally:
        engine.dispose()
    if json:
        emit_json(
            {
                "organization_id": made.org_id,
                "owner_id": made.owner_id,
                "password": made.password,
                "api_key": made.api_key,
            }
        )
        return
    say(f"Organization {slug}: {made.org_id}")
    say(f"Password of the owner: {made.password}")
    say(f"API key: {made.api_key}")
    note(
        f"Both are shown this once. Next: sign in at {settings.public_url}/sign-in; the set-up page goes on."
    )
