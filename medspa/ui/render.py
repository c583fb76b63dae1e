"""Templates to HTML, always escaped, and what a browser is told about a page.

Pages work without scripts; the policy lets only our own bundled files run, and nothing go to another host.
Routes belong to the apps.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

HTML = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_CSS, _SCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
BUILT = {"app.js": _SCRIPT, "calendar.js": _SCRIPT, "calendar.css": _CSS}
"""What `make setup` bundles from medspa/ui/scripts and npm."""
ASSETS = {
    "medspa.css": _CSS,
    "shell.css": _CSS,
    "forms.css": _CSS,
    "medspa.svg": "image/svg+xml",
    "public.css": _CSS,
    "public.js": _SCRIPT,
    **BUILT,
}


def environment(package: str) -> Environment:
    """Templates of `package` (its folder `templates`), over the shared layout."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("medspa.ui")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": asset_path, "built": built}
    return made


@cache
def asset(name: str) -> bytes:
    """Raises KeyError for what is not served."""
    if name not in ASSETS:
        raise KeyError(name)
    return _file(name).read_bytes()


@cache
def built() -> bool:
    """Whether the scripts of pages are here. Without them pages are plain; `medspa up` does not start so."""
    return all(_file(name).is_file() for name in BUILT)


def _file(name: str) -> Traversable:
    return resources.files("medspa.ui").joinpath("assets", *(["built"] if name in BUILT else []), name)


@cache
def asset_path(name: str) -> str:
    """Where a page finds the asset: the address changes with the content, so it may be kept."""
    return f"/assets/{name}?v={hashlib.sha256(asset(name)).hexdigest()[:12]}"


def render(environment: Environment, template: str, **context: Any) -> str:
    return environment.get_template(template).render(**context)
