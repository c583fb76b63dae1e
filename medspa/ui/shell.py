"""What stands above every page of somebody who is signed in: where one can go. Pages are the areas'."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shell:
    """`sign_out_token`: what the sign-out form carries; None without a session, as with an API key."""

    sign_out_token: str | None
    may_see_checks: bool
