"""Options that several commands share, so that they are spelled the same everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

Org = Annotated[str, typer.Option("--org", help="Organization: its id or its slug.", metavar="ORG")]
OptionalOrg = Annotated[
    str, typer.Option("--org", help="Organization: its id or its slug; default: the only one.", metavar="ORG")
]
Location = Annotated[
    str, typer.Option("--location", help="Location: its id or its code; default: all.", metavar="LOCATION")
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Business date the answer is for; default: the last."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
