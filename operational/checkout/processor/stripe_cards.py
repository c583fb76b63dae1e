"""Stripe's own page for cards: a Checkout session in setup mode, so that no card number reaches us.

The card belongs to a customer at Stripe about whom it is told nothing; a token names both, `cus_…/pm_…`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from operational.checkout.errors import ProcessorSilent
from operational.checkout.processor.port import CardGiven, CardPage
from operational.checkout.processor.stripe_reports import named

ORIGIN = "https://checkout.stripe.com"


def of_customer(token: str) -> dict[str, str]:
    """What a charge says beside the payment method, when the card was given on a page."""
    customer = token.rpartition("/")[0]
    return {"customer": customer, "off_session": "true"} if customer else {}


class CardPages:
    """The part of the adapter that takes cards, over the client of stripe.py."""

    _client: httpx.Client
    card_origin = ORIGIN

    def open_card_page(self, request_key: str, account: str, return_to: str) -> CardPage:
        customer = self._asked("/v1/customers", {"metadata[request_key]": request_key}, request_key, account)
        form = {
            "mode": "setup",
            "customer": str(customer["id"]),
            "payment_method_types[]": "card",
            "success_url": return_to,
            "cancel_url": return_to,
        }
        page = self._asked("/v1/checkout/sessions", form, f"{request_key}_page", account)
        return CardPage(str(page["id"]), str(page["url"]))

    def card_given(self, reference: str, account: str) -> CardGiven | None:
        query = {"expand[]": "setup_intent.payment_method"}
        page = self._asked(f"/v1/checkout/sessions/{reference}", query, None, account)
        intent = page.get("setup_intent")
        if not isinstance(intent, Mapping) or intent.get("status") != "succeeded":
            return None
        method = intent["payment_method"]
        card: Mapping[str, Any] = method.get("card") or {}
        token = f"{page['customer']}/{method['id']}"
        return CardGiven(token, str(card.get("brand", "")), str(card.get("last4", "")))

    def _asked(self, path: str, form: Mapping[str, str], key: str | None, account: str) -> dict[str, Any]:
        """Raises ProcessorSilent for anything but an answer."""
        headers = named(account)
        try:
            if key is None:
                answer = self._client.get(path, params=form, headers=headers)
            else:
                answer = self._client.post(path, data=form, headers={"Idempotency-Key": key, **headers})
            body: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            raise ProcessorSilent("Try again in a moment.") from None
        if not answer.is_success:
            raise ProcessorSilent("Try again in a moment.")
        return body
