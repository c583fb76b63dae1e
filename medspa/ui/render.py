"""Templates to HTML, always escaped, and what a browser is told about a page.

Pages work without scripts, and the policy lets none run. Routes belong to the apps.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

HTML = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
ASSETS = {"medspa.css": "text/css; charset=utf-8", "medspa.svg": "image/svg+xml"}


def environment(package: str) -> Environment:
    """Templates of `package` (its folder `templates`), over the shared layout."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("medspa.ui")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = asset_path
    return made


@cache
def asset(name: str) -> bytes:
    """Raises KeyError for what is not served."""
    if name not in ASSETS:
        raise KeyError(name)
    return resources.files("medspa.ui").joinpath("assets", name).read_bytes()


@cache
def asset_path(name: str) -> str:
    """Where a page finds the asset: the address changes with the content, so it may be kept."""
    return f"/assets/{name}?v={hashlib.sha256(asset(name)).hexdigest()[:12]}"


def render(environment: Environment, template: str, **context: Any) -> str:
    return environment.get_template(template).render(**context)
