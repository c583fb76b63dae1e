"""What a person says of a processor's line: the report does not contradict it, and it can be taken back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select, update

from medspa.kernel import clock
from medspa.kernel.vocabulary import Account, Permission, ProcessorLineKind
from operational.banking.processor_reports import read_reports
from operational.checkout.processor.inprocess import InProcessProcessor
from operational.models import JournalEntry, Payment, Posting, ProcessorLine, ProcessorLineDecision
from tests.factories.checkout import Shop
from tests.integration.banking.test_processor_begins import account_of, kept, read, tell
from tests.integration.banking.test_processor_items import book, items, say
from tests.integration.checkout.test_cards import charge
from tests.support.together import together


def unnamed(shop: Shop, processor: InProcessProcessor) -> tuple[Payment, str]:
    """A payment whose line came without the reference that names it: the payment, and the item in 1290."""
    _, payment = charge(shop, processor, "tok_visa", 5_000)
    with processor._transaction() as books:
        books.execute("update line set about = null where about = ?", (payment.processor_reference,))
    processor.pay_out(account_of(shop), shop.today)
    read(shop, processor)
    with shop.database.session("owner") as session:
        line = session.scalars(
            select(ProcessorLine)
            .where(ProcessorLine.org_id == shop.made.org_id)
            .order_by(ProcessorLine.id.desc())
            .limit(1)
        ).one()
        return payment, str(line.id)


def undo(shop: Shop, http: TestClient, item: str, headers: Any = None) -> Any:
    sent = {**(headers or shop.made.headers), "Idempotency-Key": uuid.uuid4().hex}
    return http.post(f"/v1/unmatched-items/{item}/undo", headers=sent)


def test_a_document_that_a_person_matched_is_not_cleared_again_until_that_is_taken_back(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    payment, item = unnamed(shop, processor)
    assert say(shop, http, item, "match", payment_id=str(payment.id)).status_code == 200
    cleared = [0, 4_825, 0, 175]
    assert kept(shop) == cleared
    # The line that is really about the payment: paid out and known by its reference.
    account = account_of(shop)
    tell(processor, account, ProcessorLineKind.CHARGE, 5_000, about=payment.processor_reference)
    processor.pay_out(account, shop.today)
    for _ in range(2):
        read(shop, processor)
    assert kept(shop) == [0, 9_825, -5_000, 175]
    assert undo(shop, http, item, shop.made.key([Permission.DAY_CLOSE])).status_code == 403
    with clock.frozen(clock.now() + timedelta(days=1)):
        answers = together([partial(undo, shop, http, item)] * 3)
        assert sorted(getattr(one, "status_code", 0) for one in answers) == [200, 409, 409]
        assert kept(shop) == [5_000, 9_825, -9_825, 0]
        read(shop, processor)
        assert kept(shop) == [0, 9_825, -4_825, 0]
    with shop.database.session("owner") as session:
        said = session.scalars(
            select(ProcessorLineDecision)
            .where(ProcessorLineDecision.processor_line_id == uuid.UUID(item))
            .order_by(ProcessorLineDecision.id)
        ).all()
        days = select(Posting.business_date, JournalEntry.staff_id).join(
            JournalEntry, JournalEntry.id == Posting.entry_id
        )
        posted = [
            {tuple(row) for row in session.execute(days.where(JournalEntry.source_id == one.id))}
            for one in said
        ]
    owner = shop.made.owner_id
    assert [(one.kind.value, one.staff_id, one.undoes_id) for one in said] == [
        ("matched", owner, None), ("undone", owner, said[0].id),
    ]  # fmt: skip
    assert posted == [{(shop.today, owner)}, {(shop.today + timedelta(days=1), owner)}]
    # Said otherwise, and taken back, as often as people are wrong.
    for _ in range(2):
        assert book(shop, http, item, "bad_debt").status_code == 200
        assert (shop.balance(Account.UNMATCHED_ITEMS), shop.balance(Account.BAD_DEBT)) == (0, -4_825)
        assert undo(shop, http, item).status_code == 200
    assert (shop.balance(Account.BAD_DEBT), [one["item_id"] for one in items(shop, http)]) == (0, [item])


def test_of_a_person_and_the_report_at_once_one_names_the_document(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    account = account_of(shop)
    for number in range(1, 4):
        payment, item = unnamed(shop, processor)
        told = f"ch_late_{uuid.uuid4().hex}"
        tell(processor, account, ProcessorLineKind.CHARGE, 5_000, about=told)
        processor.pay_out(account, shop.today)
        read(shop, processor)
        with shop.database.session("owner") as session:
            session.execute(update(Payment).where(Payment.id == payment.id).values(processor_reference=told))
        engine = shop.database.engine("app")
        together(
            [
                partial(say, shop, http, item, "match", payment_id=str(payment.id)),
                partial(read_reports, engine, processor),
                partial(read_reports, engine, processor),
            ]
        )
        with shop.database.session("owner") as session:
            about = select(ProcessorLine.id).where(ProcessorLine.payment_id == payment.id)
            assert len(session.scalars(about).all()) == 1
        assert (shop.balance(Account.CARD_CLEARING), len(items(shop, http))) == (0, number)


def test_what_the_report_found_itself_is_not_undone(
    shop: Shop, processor: InProcessProcessor, http: TestClient
) -> None:
    charge(shop, processor, "tok_visa", 5_000)
    processor.pay_out(account_of(shop), shop.today)
    read(shop, processor)
    with shop.database.session("owner") as session:
        line = session.scalars(select(ProcessorLine).where(ProcessorLine.org_id == shop.made.org_id)).one()
    assert undo(shop, http, str(line.id)).json()["type"].endswith("nothing-to-undo")
    assert undo(shop, http, str(uuid.uuid4())).status_code == 404
