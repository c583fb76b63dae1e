"""A page of one short form, with the table that it adds to where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import Request, Response

from operational.identity.unit import Unit
from operational.pages import page
from operational.setup.fields import Field
from operational.setup.kinds import AREA


def small_page(
    request: Request,
    unit: Unit,
    fields: Sequence[Field],
    values: Mapping[str, Any],
    wrong: Mapping[str, str],
    *,
    title: str,
    back: tuple[str, str],
    does: str,
    lead: str = "",
    columns: Sequence[str] = (),
    table: Iterable[Sequence[str]] = (),
    if_match: str = "",
) -> Response:
    """`back`: the address and the words of where one came from; `does`: what the button says."""
    return page(
        AREA,
        "small.html",
        request,
        unit,
        422 if wrong else 200,
        title_=title,
        lead=lead,
        table=list(table),
        columns=columns,
        back=back,
        fields=fields,
        values=values,
        wrong=wrong,
        if_match=if_match,
        does=does,
    )
