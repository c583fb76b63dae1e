"""Every event that can move a liability has its column in the roll-forward."""

from __future__ import annotations

import yaml

from medspa.kernel.vocabulary import LedgerEvent
from pipelines.build.project import PROJECT

NEVER_ON_LIABILITIES = {
    "float_funded", "cash_paid_in", "cash_paid_out", "cash_dropped", "over_short", "dispute_opened",
    "dispute_won", "processor_paid_out", "processor_payout_failed", "processor_line_booked",
    "checks_deposited", "cash_banked", "third_party_settled", "third_party_refused", "written_off",
    "recovered",
}  # fmt: skip
SHOWN_AS_OTHER = {"bank_line_unmatched", "bank_line_booked"}
REVERSED = {"reversal"}
"""Takes the movement of what it reverses."""


def test_every_event_has_one_movement() -> None:
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    named = [event for events in variables["movements"].values() for event in events]
    assert len(named) == len(set(named))
    assert set(named) | NEVER_ON_LIABILITIES | SHOWN_AS_OTHER | REVERSED == {one.value for one in LedgerEvent}
    assert set(variables["outside"]) <= {one.value for one in LedgerEvent}
