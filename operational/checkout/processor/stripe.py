"""The adapter of Stripe's payment intents and refunds (form-encoded REST, Idempotency-Key, metadata).

Every call names our request key twice: as Idempotency-Key, so that a repetition has one effect, and in the
metadata, so that it can be found again without the payment token. Its events are read by `read_event`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from operational.checkout.errors import AccountUnnamed, ProcessorMisused
from operational.checkout.processor import stripe_cards
from operational.checkout.processor.port import (
    UNKNOWN,
    ChargeRequest,
    Disputed,
    Happened,
    Outcome,
    RefundRequest,
    Result,
)
from operational.checkout.processor.stripe_cards import CardPages
from operational.checkout.processor.stripe_reports import Reports, named, read_dispute

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
PAGE = 100
_KEY = "request_key"
_INTENT = {
    "succeeded": Outcome.SUCCEEDED,
    "requires_payment_method": Outcome.DECLINED,
    "canceled": Outcome.DECLINED,
}
_REFUND = {"succeeded": Outcome.SUCCEEDED, "failed": Outcome.DECLINED, "canceled": Outcome.DECLINED}
_EVENTS = {
    "payment_intent.succeeded": "charge",
    "payment_intent.payment_failed": "charge",
    "payment_intent.canceled": "charge",
    "refund.created": "refund",
    "refund.updated": "refund",
    "refund.failed": "refund",
}


class StripeProcessor(Reports, CardPages):
    """A processor behind `base_url`. One instance serves many threads."""

    def __init__(self, base_url: str, secret_key: str, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._client = httpx.Client(
            base_url=base_url, timeout=timeout, auth=(secret_key, ""), follow_redirects=False
        )

    def close(self) -> None:
        self._client.close()

    def charge(self, request: ChargeRequest) -> Result:
        form = {
            "amount": str(request.amount_minor),
            "currency": request.currency.lower(),
            "payment_method": request.token.rpartition("/")[2],
            "payment_method_types[]": "card",
            "confirm": "true",
            # Nobody can answer a challenge at the desk: it is a refusal there.
            "error_on_requires_action": "true",
            "expand[]": "latest_charge",
            f"metadata[{_KEY}]": request.request_key,
            **stripe_cards.of_customer(request.token),
        }
        return self._post("/v1/payment_intents", form, request.request_key, request.account, _of_intent)

    def refund(self, request: RefundRequest) -> Result:
        form = {
            "payment_intent": request.charge_reference,
            "amount": str(request.amount_minor),
            f"metadata[{_KEY}]": request.request_key,
        }
        return self._post("/v1/refunds", form, request.request_key, request.account, _of_refund)

    def lookup(
        self, request_key: str, charge_reference: str | None = None, account: str = ""
    ) -> Result | None:
        """Search lags by up to a minute, which attempts.GIVEN_UP allows for."""
        if charge_reference is None:
            query = {"query": f"metadata['{_KEY}']:'{request_key}'", "expand[]": "data.latest_charge"}
            return self._find("/v1/payment_intents/search", query, request_key, account, _of_intent)
        listed = {"payment_intent": charge_reference, "limit": str(PAGE)}
        return self._find("/v1/refunds", listed, request_key, account, _of_refund)

    def _post(self, path: str, form: Mapping[str, str], key: str, account: str, read: Any) -> Result:
        try:
            headers = {"Idempotency-Key": key, **named(account)}
        except AccountUnnamed as refused:
            # Nothing is sent, so that the desk is told at once and no outcome has to be looked for.
            return Result(Outcome.DECLINED, code=refused.code)
        try:
            answer = self._client.post(path, data=form, headers=headers)
            body: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            return UNKNOWN
        if answer.is_success:
            result: Result = read(body)
            return result
        return _refused(answer.status_code, body.get("error") or {})

    def _find(self, path: str, query: Mapping[str, str], key: str, account: str, read: Any) -> Result | None:
        headers = named(account)
        try:
            answer = self._client.get(path, params=query, headers=headers)
            rows = answer.json()["data"] if answer.is_success else None
        except (httpx.HTTPError, ValueError, KeyError):
            return UNKNOWN
        if rows is None:
            return UNKNOWN
        return next((read(row) for row in rows if (row.get("metadata") or {}).get(_KEY) == key), None)


def _refused(status: int, error: Mapping[str, Any]) -> Result:
    """What a refusal means: declined for good, or not known (it may have been, or may yet be, done)."""
    if error.get("type") == "idempotency_error" and status == 400:
        raise ProcessorMisused
    if status in (409, 429) or status >= 500:
        return UNKNOWN
    code = error.get("decline_code") or error.get("code") or "refused"
    intent = error.get("payment_intent") or {}
    return Result(Outcome.DECLINED, intent.get("id"), str(code))


def _of_intent(intent: Mapping[str, Any]) -> Result:
    charge = intent.get("latest_charge")
    card: Mapping[str, Any] = {}
    if isinstance(charge, Mapping):
        card = (charge.get("payment_method_details") or {}).get("card") or {}
    error = intent.get("last_payment_error") or {}
    return Result(
        _INTENT.get(str(intent.get("status")), Outcome.UNKNOWN),
        intent.get("id"),
        error.get("decline_code") or error.get("code"),
        card.get("brand"),
        card.get("last4"),
    )


def _of_refund(refund: Mapping[str, Any]) -> Result:
    outcome = _REFUND.get(str(refund.get("status")), Outcome.UNKNOWN)
    return Result(outcome, refund.get("id"), refund.get("failure_reason"))


def read_event(body: bytes) -> Happened | Disputed | None:
    """An event about one of our calls or a dispute, or None. Raises ValueError for what is no event."""
    event = json.loads(body)
    if not isinstance(event, dict) or not isinstance(event.get("id"), str):
        raise ValueError("no event")
    kind = _EVENTS.get(str(event.get("type")))
    row = (event.get("data") or {}).get("object") or {}
    if row.get("object") == "dispute":
        return read_dispute(event, row)
    key = (row.get("metadata") or {}).get(_KEY)
    if kind is None or not isinstance(key, str) or not isinstance(row.get("amount"), int):
        return None
    result = _of_intent(row) if kind == "charge" else _of_refund(row)
    return Happened(
        event["id"], str(event["type"]), kind, key, row["amount"], str(row.get("currency")).upper(), result
    )
