"""List, form, save: the same pages for every section of records."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import Depends, Request, Response
from sqlalchemy import inspect, select
from starlette.datastructures import FormData

from operational.etag import etag
from operational.identity.dependencies import needs
from operational.identity.unit import Unit
from operational.models import Location, TreatmentCategory
from operational.pages import page, redirect
from operational.routing import AreaRouter
from operational.rows import get_row
from operational.setup import fields as forms
from operational.setup.attempt import STALE, Sent, attempt_form
from operational.setup.kinds import AREA, Section

MOST = 500


def add_section(pages: AreaRouter, section: Section) -> None:
    """The routes of one section."""
    path = f"/setup/{section.path}"
    manager = Depends(needs(section.permission), scope="function")

    @pages.get(path)
    def show_list(request: Request, unit: Unit = manager) -> Response:
        return _list(request, unit, section)

    @pages.get(f"{path}/new")
    def show_new(request: Request, unit: Unit = manager) -> Response:
        return _form(request, unit, section, forms.blank(section.fields), {})

    @pages.post(path)
    def create(request: Request, sent: Sent, unit: Unit = manager) -> Response:
        return _create(request, unit, section, sent)

    @pages.get(f"{path}/{{record_id}}")
    def show_one(request: Request, record_id: uuid.UUID, unit: Unit = manager) -> Response:
        row = get_row(unit.session, section.model, record_id)
        return _form(request, unit, section, _values(unit, section, row), {}, row)

    @pages.post(f"{path}/{{record_id}}")
    def change(request: Request, record_id: uuid.UUID, sent: Sent, unit: Unit = manager) -> Response:
        return _change(request, unit, section, record_id, sent)


def _list(request: Request, unit: Unit, section: Section) -> Response:
    order = inspect(section.model).columns["name"]
    rows = unit.session.scalars(select(section.model).order_by(order).limit(MOST)).all()
    currency, names = forms.currency_of(unit.session), _names(unit)
    table = [(row.id, [show(row, currency, names) for _, show in section.columns]) for row in rows]
    return page(AREA, "list.html", request, unit, section=section, table=table)


def _create(request: Request, unit: Unit, section: Section, sent: FormData) -> Response:
    def act(values: dict[str, Any]) -> None:
        given = {name: value for name, value in section.prepare(values).items() if value is not None}
        section.create(unit.session, unit.actor, section.creates(**given).model_dump())

    if wrong := attempt_form(unit.session, section.fields, sent, act, forms.currency_of(unit.session)):
        return _form(request, unit, section, forms.typed(section.fields, sent), wrong)
    return redirect(f"/setup/{section.path}", request, "Saved.")


def _change(request: Request, unit: Unit, section: Section, record_id: uuid.UUID, sent: FormData) -> Response:
    """Of two who change it at once, the later one is shown what the other saved."""

    def act(values: dict[str, Any]) -> None:
        checked = section.changes(**section.prepare(values)).model_dump(exclude_unset=True)
        section.edit(unit.session, unit.actor, record_id, str(sent.get("if_match") or ""), checked)

    changing = section.changing
    wrong = attempt_form(unit.session, changing, sent, act, forms.currency_of(unit.session))
    if not wrong:
        return redirect(f"/setup/{section.path}", request, "Saved.")
    row = get_row(unit.session, section.model, record_id)
    unit.session.refresh(row)
    kept = _values(unit, section, row)
    shown = kept if wrong.get("") == STALE else kept | forms.typed(changing, sent)
    return _form(request, unit, section, shown, wrong, row)


def _values(unit: Unit, section: Section, row: Any) -> dict[str, Any]:
    columns = {one.name: getattr(row, one.name, None) for one in section.fields}
    return forms.written(
        section.fields, columns | section.read(unit.session, row), forms.currency_of(unit.session)
    )


def _form(
    request: Request,
    unit: Unit,
    section: Section,
    values: Mapping[str, Any],
    wrong: Mapping[str, str],
    row: Any = None,
) -> Response:
    fields = section.fields if row is None else section.changing
    return page(
        AREA,
        "record.html",
        request,
        unit,
        422 if wrong else 200,
        section=section,
        fields=fields,
        values=values,
        wrong=wrong,
        row=row,
        if_match=etag(row) if row is not None else "",
        options=forms.offered(fields, unit.session),
    )


def _names(unit: Unit) -> dict[uuid.UUID, str]:
    """Of what other records refer to."""
    found = {row.id: row.name for row in unit.session.execute(select(Location.id, Location.name))}
    rows = unit.session.execute(select(TreatmentCategory.id, TreatmentCategory.name))
    return found | {row.id: row.name for row in rows}
