"""Tokens: a bijection per organization, whole columns at a time, whatever the columns look like."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from medspa.kernel.phi import Phi
from pipelines.contract import ColumnContract, TableContract, contracts
from pipelines.deidentify.guard import check_rows
from pipelines.deidentify.tokens import Tokeniser
from pipelines.errors import GuardRefused, TokenKeyMissing

ONE, TWO = uuid.UUID(int=1), uuid.UUID(int=2)
KEYS = {ONE: (1, b"1" * 32), TWO: (1, b"2" * 32)}
TABLE = TableContract(
    "table",
    (
        ColumnContract("org_id", pa.uuid(), "uuid", Phi.SAFE, nullable=False),
        ColumnContract("id", pa.uuid(), "uuid", Phi.KEY, nullable=False),
        ColumnContract("other_id", pa.uuid(), "uuid", Phi.KEY, nullable=True),
    ),
    ("org_id", "id"),
)
IDS = st.uuids()


def expected(org: uuid.UUID, one: uuid.UUID | None) -> uuid.UUID | None:
    if one is None:
        return None
    cipher = Cipher(algorithms.AES(KEYS[org][1]), modes.ECB()).encryptor()
    return uuid.UUID(bytes=cipher.update(one.bytes))


def column(values: list[uuid.UUID | None]) -> pa.Array:
    raw = pa.array([None if one is None else one.bytes for one in values], pa.binary(16))
    return pa.ExtensionArray.from_storage(pa.uuid(), raw)


def table_of(rows: list[tuple[uuid.UUID, uuid.UUID, uuid.UUID | None]]) -> pa.Table:
    names = ("org_id", "id", "other_id")
    return pa.table({name: column([row[at] for row in rows]) for at, name in enumerate(names)})


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([ONE, TWO]), IDS, st.none() | IDS), max_size=40), st.integers(0, 5))
def test_each_id_under_its_organizations_key(
    rows: list[tuple[uuid.UUID, uuid.UUID, uuid.UUID | None]], skip: int
) -> None:
    rows.sort(key=lambda row: row[0])
    got = Tokeniser(KEYS).tokenise(table_of(rows).slice(skip), TABLE).to_pylist()
    kept = rows[skip:]
    assert [row["org_id"] for row in got] == [org for org, _, _ in kept]
    assert [row["id"] for row in got] == [expected(org, one) for org, one, _ in kept]
    assert [row["other_id"] for row in got] == [expected(org, other) for org, _, other in kept]


def test_two_threads_share_a_tokeniser() -> None:
    tokeniser = Tokeniser(KEYS)
    rows = table_of([(ONE, uuid.UUID(int=number), None) for number in range(200_000)])
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: tokeniser.tokenise(rows, TABLE), range(12)))
    assert all(one.equals(made[0]) for one in made)


def test_keys_are_not_shown_and_are_of_the_right_length() -> None:
    assert "1111" not in repr(Tokeniser(KEYS))
    assert set(Tokeniser(KEYS).checks()) == {str(ONE), str(TWO)}
    with pytest.raises(TokenKeyMissing):
        Tokeniser({ONE: (1, b"short")})


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.append_column("last_name", pa.array(["x"])),
        lambda table: table.drop_columns(["state"]),
        lambda table: table.set_column(
            table.schema.get_field_index("zip3"), "zip3", pa.array(["02134"], pa.string())
        ),
        lambda table: table.set_column(
            table.schema.get_field_index("version"), "version", pa.array(["1"], pa.string())
        ),
    ],
    ids=["a column more", "a column less", "a whole ZIP code", "another type"],
)
def test_the_guard_refuses_what_the_tags_do_not_say(change: object) -> None:
    contract = contracts()["client"]
    row = pa.Table.from_pylist([dict.fromkeys(contract.names)], schema=contract.schema)
    check_rows(row, contract)
    assert callable(change)
    with pytest.raises(GuardRefused):
        check_rows(change(row), contract)
