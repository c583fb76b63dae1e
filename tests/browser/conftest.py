"""A browser over the operational side of a set-up organization: each file has a database of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser

from medspa.kernel.settings import Settings
from tests.factories.checkout import Shop, open_shop
from tests.support import browser
from tests.support.api import lent
from tests.support.browser import Seen
from tests.support.databases import Database
from tests.support.signed_in import session_token
from tests.support.web import LiveServer, serving

Visit = Callable[..., Seen]


@dataclass
class Practice:
    """A practice that is open, and the server of its pages."""

    server: LiveServer
    shop: Shop

    def cookie(self, staff_id: uuid.UUID | None = None) -> dict[str, Any]:
        """What the browser of somebody who is signed in keeps; of the owner unless told."""
        made = self.shop.made
        token = session_token(made.database, made.org_id, staff_id or made.owner_id)
        return {"name": "medspa_session", "value": token, "url": self.server.url}


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as running:
        yield running


@pytest.fixture(scope="module")
def practice(operational_module: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), operational=operational_module.dsns)
    shop = open_shop(operational_module)
    with lent(settings) as app, serving(lambda: app) as server:
        yield Practice(server, shop)


@pytest.fixture
def visit(chromium: Browser, practice: Practice) -> Iterator[Visit]:
    """`visit(cookie, scripts=False)`: a new page in a browser of its own that keeps nothing."""
    with ExitStack() as stack:

        def open_page(cookie: dict[str, Any] | None = None, **options: Any) -> Seen:
            context = browser.context(chromium, **options)
            stack.callback(context.close)
            if cookie:
                context.add_cookies([cookie])  # type: ignore[list-item]
            return browser.opened(context, practice.server.url)

        yield open_page
