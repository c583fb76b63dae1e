"""Merging two records and parting them again: what moves, what is read over both, what is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from medspa.kernel.errors import DomainError
from medspa.kernel.vocabulary import Account, AppointmentStatus, Permission
from operational.checkout import apply, schemas
from operational.clients import merge as merging_service
from operational.models import Client, Entitlement
from operational.models.moving import following
from tests.factories.checkout import Shop
from tests.factories.prepaid import holds, plan, sell
from tests.support.together import ROUNDS, together

pytestmark = pytest.mark.timeout(120)


def _client(http: TestClient, shop: Shop, **values: Any) -> str:
    sent = {"first_name": "Mara", "last_name": "Doe", **values}
    answer = http.post("/v1/clients", json=sent, headers=shop.made.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["client"]["id"])


def _call(http: TestClient, shop: Shop, method: str, path: str, **options: Any) -> Any:
    headers = {**options.pop("headers", shop.made.headers), **options.pop("extra", {})}
    return http.request(method, path, headers=headers, **options)


def _merge(http: TestClient, shop: Shop, survivor: str, merged: str, take: tuple[str, ...] = ()) -> Any:
    seen = _call(http, shop, "GET", f"/v1/clients/{survivor}/merge-preview?other_client_id={merged}")
    assert seen.status_code == 200, seen.text
    return _call(
        http, shop, "POST", f"/v1/clients/{survivor}/merges",
        json={"client_id": merged, "take": list(take)}, extra={"If-Match": seen.headers["etag"]},
    )  # fmt: skip


def _balances(http: TestClient, shop: Shop, client: str) -> tuple[int, int]:
    shown = _call(http, shop, "GET", f"/v1/clients/{client}/balances").json()
    return shown["deposits_minor"], shown["account_credit_minor"]


def _rows(shop: Shop, client: str) -> dict[str, list[uuid.UUID]]:
    """Table → the client's rows in it, of everything that follows and that stays."""
    with shop.database.session("admin") as session:
        names = [one.__tablename__ for one in following()] + ["invoice", "payment", "client_note"]
        return {
            name: sorted(
                session.scalars(text(f"select id from {name} where client_id = :client"), {"client": client})
            )
            for name in names
        }


def _card(http: TestClient, shop: Shop, client: str) -> dict[str, Any]:
    shown: dict[str, Any] = _call(http, shop, "GET", f"/v1/clients/{client}").json()
    return {name: value for name, value in shown.items() if name != "version"}


def test_what_came_with_the_other_record_is_the_survivors_and_goes_back_exactly(
    http: TestClient, shop: Shop
) -> None:
    survivor = _client(http, shop, phone="2125550111", flags=["vip"])
    merged = _client(http, shop, phone="2125550122", email="mara@example.com", flags=["no_recall"])
    visit = shop.visit(client_id=uuid.UUID(merged), status=AppointmentStatus.ARRIVED)
    shop.pay(None, client_id=merged, amount_minor=5_000)
    sale = sell(shop, plan(shop), client_id=merged)
    shop.pay(sale.invoice.id)
    _call(http, shop, "POST", f"/v1/clients/{merged}/desk-notes", json={"body": "Prefers mornings"})
    before = [
        (_rows(shop, one), _card(http, shop, one), _balances(http, shop, one)) for one in (survivor, merged)
    ]

    done = _merge(http, shop, survivor, merged, ("phone",))
    assert done.status_code == 201, done.text
    card = _card(http, shop, survivor)
    assert (card["phone"], card["email"]) == ("+12125550122", "mara@example.com")
    assert card["flags"] == ["no_recall", "vip"]
    assert _balances(http, shop, survivor) == _balances(http, shop, merged) == (5_000, 0)
    moved = _rows(shop, survivor)
    assert visit in moved["appointment"]
    assert len(moved["package"]) == 1
    assert len(moved["entitlement"]) == 1
    assert moved["invoice"] == []
    listed = _call(http, shop, "GET", f"/v1/invoices?client_id={survivor}").json()["items"]
    assert [one["id"] for one in listed] == [str(sale.invoice.id)]
    noted = _call(http, shop, "GET", f"/v1/clients/{survivor}/desk-notes").json()["items"]
    assert [one["body"] for one in noted] == ["Prefers mornings"]
    assert _call(http, shop, "GET", "/v1/clients?query=2125550111").json()["items"] == []

    undone = _call(http, shop, "POST", f"/v1/client-merges/{done.json()['id']}/undo")
    assert undone.status_code == 200, undone.text
    after = [
        (_rows(shop, one), _card(http, shop, one), _balances(http, shop, one)) for one in (survivor, merged)
    ]
    assert after == before
    again = _call(http, shop, "POST", f"/v1/client-merges/{done.json()['id']}/undo")
    assert (again.status_code, again.json()["type"]) == (409, "urn:medspa:problem:already-undone")


def test_the_survivor_spends_what_the_other_had_and_then_the_merge_stands(
    http: TestClient, shop: Shop
) -> None:
    survivor, merged = _client(http, shop), _client(http, shop, first_name="M.")
    shop.pay(None, client_id=merged, amount_minor=4_000)
    sale = sell(shop, plan(shop), client_id=merged)
    shop.pay(sale.invoice.id)
    done = _merge(http, shop, survivor, merged).json()
    with shop.database.session("owner") as session:
        taken = session.scalars(
            select(Entitlement.id).where(Entitlement.client_id == uuid.UUID(survivor))
        ).one()
    assert taken in holds(shop, sale.lines[0].package_id)
    issued = shop.invoice(client_id=survivor, retail=[{"product_id": shop.retail_id, "quantity": 2}])
    with shop.transaction() as session:
        request = schemas.ApplicationIn.model_validate({"currency": "USD", "source": "deposit"})
        apply.apply_balance(session, shop.actor, issued.invoice.id, request)
    assert _balances(http, shop, survivor) == (0, 0)
    refused = _call(http, shop, "POST", f"/v1/client-merges/{done['id']}/undo")
    assert (refused.status_code, refused.json()["reasons"]) == (409, ["balance_spent"])
    assert _card(http, shop, merged)["merged_into_id"] == survivor
    assert shop.balance(Account.CLIENT_DEPOSITS) == 0


def test_nothing_new_is_written_to_a_merged_record(http: TestClient, shop: Shop) -> None:
    survivor, merged = _client(http, shop), _client(http, shop)
    assert _merge(http, shop, survivor, merged).status_code == 201
    note = _call(http, shop, "POST", f"/v1/clients/{merged}/desk-notes", json={"body": "Late"})
    assert (note.status_code, note.json()["client_id"]) == (409, survivor)
    sale = {"location_id": str(shop.north), "client_id": merged, "currency": "USD", "retail": []}
    refused = _call(
        http, shop, "POST", "/v1/invoices", json=sale, extra={"Idempotency-Key": str(uuid.uuid4())}
    )
    assert refused.status_code in (409, 422)
    with pytest.raises(DBAPIError, match="merged into another"):
        shop.visit(client_id=uuid.UUID(merged))
    other = _client(http, shop)
    assert (
        _call(http, shop, "GET", f"/v1/clients/{other}/merge-preview?other_client_id={merged}").status_code
        == 409
    )


def test_who_may_merge_and_whose_records(http: TestClient, shop: Shop) -> None:
    survivor, merged = _client(http, shop, phone="2125550133"), _client(http, shop, phone="2125550133")
    path = f"/v1/clients/{survivor}/merges"
    desk = shop.made.key([Permission.CLIENT_READ, Permission.CLIENT_WRITE])
    here = shop.made.key([Permission.CLIENT_MERGE], location_id=shop.north)
    for headers in (desk, here):
        answer = _call(
            http, shop, "POST", path, json={"client_id": merged}, headers=headers, extra={"If-Match": '"1-1"'}
        )
        assert (answer.status_code, answer.json()["permission"]) == (403, "client.merge")
    stale = _call(http, shop, "POST", path, json={"client_id": merged}, extra={"If-Match": '"1-9"'})
    assert stale.status_code == 412
    assert _call(http, shop, "POST", path, json={"client_id": merged}).status_code == 428
    itself = _call(http, shop, "GET", f"/v1/clients/{survivor}/merge-preview?other_client_id={survivor}")
    assert itself.json()["type"] == "urn:medspa:problem:same-record"
    pairs = f"/v1/clients/{survivor}/duplicates"
    assert len(_call(http, shop, "GET", pairs).json()["items"]) == 1
    settled = _call(http, shop, "POST", f"{pairs}/{merged}/dismiss", headers=desk)
    assert settled.json() == {"pairs": 1}
    assert _call(http, shop, "GET", pairs).json()["items"] == []


def test_conflicts_are_shown_and_an_open_card_payment_stops_the_merge(http: TestClient, shop: Shop) -> None:
    survivor = _client(http, shop, birth_date="1980-01-02")
    merged = _client(http, shop, birth_date="1981-01-02", flags=["do_not_treat"])
    shop.pay(None, client_id=merged, amount_minor=1_000)
    with shop.database.session("admin") as session:
        session.execute(text("set local session_replication_role = replica"))
        session.execute(
            text("update payment set status = 'unknown', business_date = null where client_id = :one"),
            {"one": merged},
        )
    seen = _call(http, shop, "GET", f"/v1/clients/{survivor}/merge-preview?other_client_id={merged}").json()
    assert seen["conflicts"] == ["card_payment_open", "different_birth_dates", "do_not_treat"]
    refused = _merge(http, shop, survivor, merged)
    assert (refused.status_code, refused.json()["conflicts"]) == (409, ["card_payment_open"])


def _race(http: TestClient, shop: Shop) -> tuple[bool, bool]:
    """A merge and a sale to the record it ends, at once: (the sale's row is stranded, both went through)."""
    survivor, merged = _client(http, shop), _client(http, shop)
    plan_id = plan(shop)
    etag = _call(http, shop, "GET", f"/v1/clients/{survivor}/merge-preview?other_client_id={merged}").headers[
        "etag"
    ]

    def do_merge() -> bool:
        with shop.transaction() as session:
            vault = http.app.state.services.vault  # type: ignore[attr-defined]
            merging_service.merge(
                session, shop.actor, vault, uuid.UUID(survivor), uuid.UUID(merged), (), etag
            )
        return True

    results = together([do_merge, lambda: bool(sell(shop, plan_id, client_id=merged))])
    for one in results:
        assert one is True or isinstance(one, DomainError) or "merged into another" in str(one), one
    with shop.database.session("owner") as session:
        gone = (
            session.scalars(select(Client.merged_into_id).where(Client.id == uuid.UUID(merged))).one()
            is not None
        )
        stranded = session.scalars(
            select(Entitlement.id).where(Entitlement.client_id == uuid.UUID(merged))
        ).all()
    return gone and bool(stranded), results[0] is True


def test_a_sale_to_the_record_that_ends_is_moved_or_refused(http: TestClient, shop: Shop) -> None:
    outcomes = [_race(http, shop) for _ in range(ROUNDS // 6)]
    assert [stranded for stranded, _ in outcomes if stranded] == []
    assert any(merged for _, merged in outcomes)


def test_control_without_the_refusal_a_sale_is_stranded(http: TestClient, shop: Shop) -> None:
    with shop.database.session("admin") as session:
        session.execute(text("alter table entitlement disable trigger refuse_merged"))
        session.execute(text("alter table package disable trigger refuse_merged"))
    try:
        assert any(_race(http, shop)[0] for _ in range(ROUNDS * 2))
    finally:
        with shop.database.session("admin") as session:
            session.execute(text("alter table entitlement enable trigger refuse_merged"))
            session.execute(text("alter table package enable trigger refuse_merged"))
