"""The bank, the processor's payouts and third parties over HTTP. Rules live in the services."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Response, status
from pydantic import BaseModel
from sqlalchemy import select

from medspa.kernel.database import TenantSession
from medspa.kernel.vocabulary import Permission
from operational.banking import (
    deposits,
    item_endpoints,
    lines,
    opening,
    returned,
    schemas,
    statement,
    third_party,
)
from operational.banking.statement import StatementLine
from operational.banking.third_party import Settled
from operational.checkout.claims import StoredAnswer
from operational.checkout.idempotency import Call, answer, moves_money
from operational.checkout.queries import found
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.ledger.drawers import location_of
from operational.models import BankDeposit, BankLine, MerchantAccount, ProcessorPayout, TenderProgramme
from operational.paging import DEFAULT_LIMIT, Cursor, Limit, Page, by_id
from operational.routing import AreaRouter

router = AreaRouter(prefix="/v1", tags=["banking"])
router.include_router(item_endpoints.router)

Desk = Annotated[Call, Depends(moves_money(Permission.DRAWER_OPERATE), scope="function")]
Close = Annotated[Call, Depends(moves_money(Permission.DAY_CLOSE), scope="function")]
Refund = Annotated[Call, Depends(moves_money(Permission.PAYMENT_REFUND), scope="function")]
Managed = Annotated[Call, Depends(moves_money(Permission.ORGANIZATION_MANAGE), scope="function")]
Closer = Annotated[Unit, Depends(needs(Permission.DAY_CLOSE), scope="function")]
Taker = Annotated[Unit, Depends(needs(Permission.PAYMENT_TAKE), scope="function")]
Manager = Annotated[Unit, Depends(needs(Permission.ORGANIZATION_MANAGE), scope="function")]


def _made(
    call: Call, shown: type[BaseModel], work: Callable[[TenantSession], Any], code: int = 201
) -> Response:
    """Do the work and answer its row, which has a location."""

    def step(session: TenantSession) -> StoredAnswer:
        row = work(session)
        return answer(code, shown.model_validate(row), row.location_id)

    return call.run(step)


@router.post("/merchant-accounts/{merchant_account_id}/opening", response_model=schemas.OpeningOut)
def tell_opening(merchant_account_id: uuid.UUID, body: schemas.OpeningIn, call: Managed) -> Response:
    """What the processor owes when its report begins: against opening balances; later, the difference."""

    def work(session: TenantSession) -> StoredAnswer:
        account, place = opening.tell_opening(
            session, call.unit.actor, merchant_account_id, body.currency, body.amount_minor, body.reports_from
        )
        return answer(200, schemas.OpeningOut.model_validate(account), place)

    return call.run(work)


@router.post("/bank-deposits/cash", status_code=status.HTTP_201_CREATED, response_model=schemas.DepositOut)
def send_bag(body: schemas.BagIn, call: Desk) -> Response:
    """Cash out of the safe on its way to the bank."""
    return _made(
        call,
        schemas.DepositOut,
        lambda session: deposits.send_bag(session, call.unit.actor, body.location_id, body.amount_minor),
    )


@router.post("/bank-deposits/checks", status_code=status.HTTP_201_CREATED, response_model=schemas.DepositOut)
def deposit_checks(body: schemas.ChecksIn, call: Desk) -> Response:
    """Checks of a location deposited together."""
    return _made(
        call,
        schemas.DepositOut,
        lambda session: deposits.deposit_checks(session, call.unit.actor, body.location_id, body.payment_ids),
    )


@router.post("/bank-deposits/{bank_deposit_id}/confirm", response_model=schemas.DepositOut)
def confirm(bank_deposit_id: uuid.UUID, body: schemas.ConfirmIn, call: Close) -> Response:
    """The bank has counted it. A difference of a bag is over or short."""
    return _made(
        call,
        schemas.DepositOut,
        lambda session: deposits.confirm(
            session, call.unit.actor, bank_deposit_id, body.amount_minor, body.external_date
        ),
        200,
    )


@router.get("/bank-deposits")
def list_deposits(
    location_id: uuid.UUID, unit: Closer, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[schemas.DepositOut]:
    unit.actor.require(Permission.DAY_CLOSE, location_id)
    query = select(BankDeposit).where(BankDeposit.location_id == location_id)
    rows, more = by_id(unit.session, query, BankDeposit.id, limit, cursor)
    return Page(items=[schemas.DepositOut.model_validate(one) for one in rows], next_cursor=more)


@router.post(
    "/payments/{payment_id}/returned-check",
    status_code=status.HTTP_201_CREATED,
    response_model=schemas.ReturnedOut,
)
def return_check(payment_id: uuid.UUID, body: schemas.ReturnedIn, call: Refund) -> Response:
    """The bank gave a deposited check back: what it settled is owed again."""
    return _made(
        call,
        schemas.ReturnedOut,
        lambda session: returned.return_check(
            session, call.unit.actor, payment_id, body.bank_fee_minor, body.client_fee_minor,
            body.external_date,
        ),
    )  # fmt: skip


@router.post("/bank-lines", response_model=schemas.TakenOut)
def enter_lines(body: schemas.BankLinesIn, call: Close) -> Response:
    """Lines of a bank statement, by hand. What fits one thing is matched; the rest stands in 1290."""
    told = [StatementLine(**one.model_dump()) for one in body.lines]
    return _take(call, body.location_id, told)


@router.post("/bank-lines/import", response_model=schemas.TakenOut)
def import_lines(body: schemas.StatementIn, call: Close) -> Response:
    """Lines of a bank statement, as CSV. The same file again adds nothing."""
    return _take(call, body.location_id, statement.read(body.csv))


def _take(call: Call, location_id: uuid.UUID, told: list[StatementLine]) -> Response:
    return call.run(
        lambda session: answer(
            200,
            schemas.TakenOut.model_validate(lines.take_lines(session, call.unit.actor, location_id, told)),
            location_id,
        )
    )


@router.get("/bank-lines")
def list_lines(
    location_id: uuid.UUID,
    unit: Closer,
    unmatched: bool = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[schemas.BankLineOut]:
    """The bank's lines of a location; `unmatched`: only those that stand in 1290."""
    unit.actor.require(Permission.DAY_CLOSE, location_id)
    query = select(BankLine).where(BankLine.location_id == location_id)
    if unmatched:
        query = query.where(BankLine.match_kind.is_(None))
    rows, more = by_id(unit.session, query, BankLine.id, limit, cursor)
    return Page(items=[schemas.BankLineOut.model_validate(one) for one in rows], next_cursor=more)


@router.get("/bank-lines/{bank_line_id}")
def get_line(bank_line_id: uuid.UUID, unit: Closer) -> schemas.BankLineOut:
    line = found(unit.session, BankLine, bank_line_id, "bank line")
    unit.actor.require(Permission.DAY_CLOSE, line.location_id)
    return schemas.BankLineOut.model_validate(line)


@router.post("/bank-lines/{bank_line_id}/match", response_model=schemas.BankLineOut)
def match_line(bank_line_id: uuid.UUID, body: schemas.MatchIn, call: Close) -> Response:
    """Say what a line is about; it leaves 1290."""
    return _made(
        call,
        schemas.BankLineOut,
        lambda session: lines.match(session, call.unit.actor, bank_line_id, body.kind, body.match_id),
        200,
    )


@router.get("/processor-payouts")
def list_processor_payouts(
    location_id: uuid.UUID, unit: Closer, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[schemas.ProcessorPayoutOut]:
    """Payouts of the card processor to the legal entity of a location."""
    unit.actor.require(Permission.DAY_CLOSE, location_id)
    entity = location_of(unit.session, location_id).legal_entity_id
    accounts = select(MerchantAccount.id).where(MerchantAccount.legal_entity_id == entity)
    query = select(ProcessorPayout).where(ProcessorPayout.merchant_account_id.in_(accounts))
    rows, more = by_id(unit.session, query, ProcessorPayout.id, limit, cursor)
    return Page(items=[schemas.ProcessorPayoutOut.model_validate(one) for one in rows], next_cursor=more)


@router.get("/tender-programmes")
def list_programmes(
    unit: Taker, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[schemas.ProgrammeOut]:
    """Third parties that pay in a client's place."""
    rows, more = by_id(unit.session, select(TenderProgramme), TenderProgramme.id, limit, cursor)
    return Page(items=[schemas.ProgrammeOut.model_validate(one) for one in rows], next_cursor=more)


@router.post("/tender-programmes", status_code=status.HTTP_201_CREATED)
def create_programme(body: schemas.ProgrammeIn, unit: Manager) -> schemas.ProgrammeOut:
    row = third_party.create_programme(unit.session, unit.actor, body.name, body.kind)
    return schemas.ProgrammeOut.model_validate(row)


@router.post("/remittances", status_code=status.HTTP_201_CREATED, response_model=schemas.RemittanceOut)
def settle(body: schemas.RemittanceIn, call: Close) -> Response:
    """A programme's transfer: what it pays, keeps as its fee, and has the practice fund."""
    items = [Settled(**one.model_dump()) for one in body.items]
    return _made(
        call,
        schemas.RemittanceOut,
        lambda session: third_party.settle(
            session, call.unit.actor, body.programme_id, body.location_id, items, body.external_date
        ),
    )


@router.post(
    "/payments/{payment_id}/refusal", status_code=status.HTTP_201_CREATED, response_model=schemas.RefusedOut
)
def refuse(payment_id: uuid.UUID, body: schemas.RefusedIn, call: Refund) -> Response:
    """A programme does not pay: the client owes again, or the house bears it."""
    return _made(
        call,
        schemas.RefusedOut,
        lambda session: third_party.refuse(
            session, call.unit.actor, payment_id, body.client_owes, body.external_date
        ),
    )
