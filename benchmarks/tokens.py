"""How fast row ids become tokens: whole columns of 16-byte ids through the permutation, one core.

Run: `python -m benchmarks.tokens [million ids] [rounds]`.
"""

from __future__ import annotations

import json
import os
import sys
import uuid

import numpy as np
import pyarrow as pa

from benchmarks.harness import Result, processor_time, spread
from medspa.kernel.phi import Phi
from pipelines.contract import ColumnContract, TableContract
from pipelines.deidentify.tokens import Tokeniser

GOAL = 20.0
_TABLE = TableContract(
    "bench",
    (
        ColumnContract("org_id", pa.uuid(), "uuid", Phi.SAFE, nullable=False),
        ColumnContract("id", pa.uuid(), "uuid", Phi.KEY, nullable=False),
    ),
    ("org_id", "id"),
)


def run(millions: float = 10, rounds: float = 5) -> Result:
    """Million ids per second of one processor's time, including the grouping by organization."""
    rows = int(millions * 1_000_000)
    org = uuid.uuid4()
    table = pa.table(
        {"org_id": _ids(org.bytes * rows), "id": _ids(np.random.default_rng(1).bytes(16 * rows))}
    )
    tokeniser = Tokeniser({org: (1, os.urandom(32))})
    tokeniser.tokenise(table.slice(0, 1000), _TABLE)
    seconds = [processor_time(lambda: tokeniser.tokenise(table, _TABLE)) for _ in range(int(rounds))]
    return {"million ids per second": spread([rows / one / 1e6 for one in seconds], 1), "goal": GOAL}


def _ids(data: bytes) -> pa.Array:
    storage = pa.Array.from_buffers(pa.binary(16), len(data) // 16, [None, pa.py_buffer(data)])
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)


if __name__ == "__main__":
    print(json.dumps(run(*(float(one) for one in sys.argv[1:3])), indent=2))
