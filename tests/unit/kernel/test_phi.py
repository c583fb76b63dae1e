"""The classification fails closed: a column without a tag stops the mappers."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, MetaData, Table, Text

from medspa.kernel.phi import INFO_KEY, LEAVES, Phi, UnclassifiedColumn, phi_of


def test_an_untagged_column_is_refused_by_name() -> None:
    table = Table("visit", MetaData(), Column("remark", Text))
    with pytest.raises(UnclassifiedColumn, match=r"visit\.remark has no PHI tag"):
        phi_of(table.c.remark)


def test_a_tag_in_words_is_no_tag() -> None:
    table = Table("visit", MetaData(), Column("remark", Text, info={INFO_KEY: "safe"}))
    with pytest.raises(UnclassifiedColumn):
        phi_of(table.c.remark)


def test_names_free_text_and_secrets_never_leave() -> None:
    assert {Phi.DIRECT, Phi.FREE_TEXT, Phi.SECRET}.isdisjoint(LEAVES)
