"""A cash-basis batch of the lived practice: what money moved, and nothing else."""

from __future__ import annotations

import pytest

from exports.batch import NothingToExport
from exports.cash_basis import CASH, MONEY
from exports.formats import format_named
from medspa.local import accounting
from tests.support.exported import Amounts, Exported, ledger
from tests.support.lived import Lived

pytestmark = pytest.mark.timeout(900)


def test_cash_basis_is_what_money_moved_and_nothing_else(lived: Lived, exported: Exported) -> None:
    batch = accounting.export(lived.settings, lived.org_id, exported.entity, lived.day, CASH, "document")
    found: Amounts = {}
    for file in batch.files:
        amounts = format_named(file.format).parse(file.content)
        assert amounts, file.filename
        if file.format == "beancount":
            found = amounts
    money = {key: amount for key, amount in ledger(lived).items() if key[2] in MONEY}
    assert {key: amount for key, amount in found.items() if key[2] in MONEY and amount} == money
    assert not {key for key in found if key[2] in ("1100", "2100", "2110", "2200")}
    per_day: dict[tuple[str, str], int] = {}
    for (day, code, _), amount in found.items():
        per_day[day, code] = per_day.get((day, code), 0) + amount
    assert set(per_day.values()) == {0}
    with pytest.raises(NothingToExport):
        accounting.export(lived.settings, lived.org_id, exported.entity, lived.day, CASH)
    again = accounting.read_again(lived.operational.engine("app"), lived.org_id, exported.entity.id, 1, CASH)
    assert again.content_sha256 == batch.content_sha256
