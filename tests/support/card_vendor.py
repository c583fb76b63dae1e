"""A local server that speaks the card vendor's protocol: payment intents, refunds, search, idempotency.

It keeps what it did in memory. Payment methods choose what happens: `pm_card_visa` pays, `pm_declined` and
`pm_challenge` are refused, `pm_hang` pays and answers too late, `pm_broken` fails before doing anything.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

KEY = "sk_test_local"
HANG_SECONDS = 1.0
Row = dict[str, Any]


@dataclass
class Vendor:
    intents: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    transactions: list[Row] = field(default_factory=list)
    """Balance transactions, oldest first; listed newest first, two to a page."""
    paid_out: list[Row] = field(default_factory=list)
    pages: list[Row] = field(default_factory=list)
    answered: dict[str, tuple[Row, int, Row]] = field(default_factory=dict)
    """Idempotency-Key → (form, status, body)."""


def _error(status: int, **error: Any) -> tuple[int, Row]:
    return status, {"error": error}


def _pay(vendor: Vendor, form: Row) -> tuple[int, Row]:
    method = form["payment_method"]
    if method == "pm_broken":
        return _error(500, type="api_error")
    if method == "pm_unknown":
        return _error(400, type="invalid_request_error", code="resource_missing")
    intent = {
        "id": f"pi_{len(vendor.intents) + 1}", "object": "payment_intent", "amount": int(form["amount"]),
        "currency": form["currency"], "status": "succeeded",
        "metadata": {"request_key": form["metadata[request_key]"]}, "customer": form.get("customer"),
        "latest_charge": {"payment_method_details": {"card": {"brand": "visa", "last4": "4242"}}},
    }  # fmt: skip
    vendor.intents.append(intent)
    if method in ("pm_declined", "pm_challenge"):
        code = "insufficient_funds" if method == "pm_declined" else "authentication_required"
        intent.update(status="requires_payment_method", latest_charge=None)
        intent["last_payment_error"] = {"code": "card_declined", "decline_code": code}
        return _error(402, type="card_error", code="card_declined", decline_code=code, payment_intent=intent)
    return 200, intent


def _refund(vendor: Vendor, form: Row) -> tuple[int, Row]:
    intent = next((one for one in vendor.intents if one["id"] == form["payment_intent"]), None)
    if intent is None:
        return _error(404, type="invalid_request_error", code="resource_missing")
    given = sum(one["amount"] for one in vendor.refunds if one["payment_intent"] == intent["id"])
    if given + int(form["amount"]) > intent["amount"]:
        return _error(400, type="invalid_request_error", code="charge_already_refunded")
    refund = {
        "id": f"re_{len(vendor.refunds) + 1}", "object": "refund", "amount": int(form["amount"]),
        "currency": intent["currency"], "status": "succeeded", "payment_intent": intent["id"],
        "metadata": {"request_key": form["metadata[request_key]"]},
    }  # fmt: skip
    vendor.refunds.append(refund)
    return 200, refund


def _customer(vendor: Vendor, form: Row) -> tuple[int, Row]:
    return 200, {
        "id": f"cus_{len(vendor.pages) + 1}",
        "metadata": {"request_key": form["metadata[request_key]"]},
    }


def _card_page(vendor: Vendor, form: Row) -> tuple[int, Row]:
    """A page that nobody has filled in: a test does it by putting a `setup_intent` there."""
    name = f"cs_{len(vendor.pages) + 1}"
    page = {"id": name, "url": f"https://checkout.example/{name}", "setup_intent": None, **form}
    vendor.pages.append(page)
    return 200, page


def signed_in(request: Request) -> None:
    expected = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
    if request.headers.get("authorization") != expected:
        raise HTTPException(401)


@dataclass
class Service:
    """The vendor's endpoints."""

    vendor: Vendor

    async def pay(self, request: Request) -> JSONResponse:
        return await self._once(request, _pay)

    async def give_back(self, request: Request) -> JSONResponse:
        return await self._once(request, _refund)

    async def customer(self, request: Request) -> JSONResponse:
        return await self._once(request, _customer)

    async def open_page(self, request: Request) -> JSONResponse:
        return await self._once(request, _card_page)

    async def page(self, name: str) -> Row:
        return next(one for one in self.vendor.pages if one["id"] == name)

    async def search(self, query: str) -> Row:
        found = re.fullmatch(r"metadata\['request_key'\]:'(\w+)'", query)
        key = found.group(1) if found else ""
        return {"data": [one for one in self.vendor.intents if one["metadata"]["request_key"] == key]}

    async def refunds_of(self, payment_intent: str) -> Row:
        return {"data": [one for one in self.vendor.refunds if one["payment_intent"] == payment_intent]}

    async def transactions_of(
        self, request: Request, payout: str | None = None, starting_after: str | None = None
    ) -> Row:
        since = int(request.query_params.get("created[gte]", "0"))
        rows = [
            one
            for one in self.vendor.transactions
            if payout in (None, one.get("payout")) and one["created"] >= since
        ]
        return _page(rows, starting_after)

    async def payouts(self, request: Request, starting_after: str | None = None) -> Row:
        asked = request.query_params
        since, status = int(asked.get("arrival_date[gte]", "0")), asked.get("status")
        rows = [one for one in self.vendor.paid_out if status in (None, one["status"])]
        return _page([one for one in rows if one["arrival_date"] >= since], starting_after)

    async def _once(self, request: Request, work: Callable[[Vendor, Row], tuple[int, Row]]) -> JSONResponse:
        form = dict(parse_qsl((await request.body()).decode()))
        key, answered = request.headers["idempotency-key"], self.vendor.answered
        if key not in answered:
            status, body = work(self.vendor, form)
            if status == 500:
                return JSONResponse(body, status)
            answered[key] = (form, status, body)
            if form.get("payment_method") == "pm_hang":
                await asyncio.sleep(HANG_SECONDS)
        first, status, body = answered[key]
        if first != form:
            status, body = _error(400, type="idempotency_error")
        return JSONResponse(body, status)


def _page(rows: list[Row], starting_after: str | None) -> Row:
    newest = rows[::-1]
    names = [one["id"] for one in newest]
    begin = names.index(starting_after) + 1 if starting_after else 0
    return {"data": newest[begin : begin + 2], "has_more": len(newest) > begin + 2}


def vendor_app(vendor: Vendor) -> FastAPI:
    app, service = FastAPI(dependencies=[Depends(signed_in)]), Service(vendor)
    app.add_api_route("/v1/payment_intents", service.pay, methods=["POST"], response_model=None)
    app.add_api_route("/v1/refunds", service.give_back, methods=["POST"], response_model=None)
    app.add_api_route("/v1/payment_intents/search", service.search, methods=["GET"])
    app.add_api_route("/v1/refunds", service.refunds_of, methods=["GET"])
    app.add_api_route("/v1/balance_transactions", service.transactions_of, methods=["GET"])
    app.add_api_route("/v1/customers", service.customer, methods=["POST"], response_model=None)
    app.add_api_route("/v1/checkout/sessions", service.open_page, methods=["POST"], response_model=None)
    app.add_api_route("/v1/checkout/sessions/{name}", service.page, methods=["GET"])
    app.add_api_route("/v1/payouts", service.payouts, methods=["GET"])
    return app
