"""Compiles a definition to SQL with bound parameters. Field names come from the grammar's list only."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from segments.grammar import AtLeast, AtMost, Holds, InDays, Known, MonthsPast, OneOf, SegmentDefinition


@dataclass(frozen=True, slots=True)
class CompiledSegment:
    """A SELECT of (client_key, due_on, reason) and its parameters, as named psycopg placeholders."""

    sql: str
    parameters: dict[str, Any]


def compile_segment(definition: SegmentDefinition, org_id: UUID, as_of: date) -> CompiledSegment:
    """One row per client: the earliest due date when several rows of the mart match."""
    parameters: dict[str, Any] = {"reason": definition.reason, "org": org_id}
    clauses: list[str] = ["m.org_id = %(org)s"]
    for number, condition in enumerate(definition.where):
        name = f"p{number}"
        column = f"m.{condition.field}"
        match condition:
            case InDays(from_day=first, to_day=last):
                parameters |= {f"{name}a": as_of + timedelta(first), f"{name}b": as_of + timedelta(last)}
                inside = f"{column} >= %({name}a)s and {column} < %({name}b)s"
                clauses.append(f"({column} is null or {inside})" if condition.or_unknown else inside)
            case MonthsPast(at_least_months=least, less_than_months=most):
                parameters[f"{name}a"] = months_before(as_of, least)
                clauses.append(f"{column} <= %({name}a)s")
                if most is not None:
                    parameters[f"{name}b"] = months_before(as_of, most)
                    clauses.append(f"{column} > %({name}b)s")
            case OneOf(one_of=words):
                parameters[name] = words
                clauses.append(f"{column} = any(%({name})s)")
            case AtLeast(at_least=least):
                parameters[name] = least
                clauses.append(f"{column} >= %({name})s")
            case AtMost(at_most=most):
                parameters[name] = most
                clauses.append(f"{column} <= %({name})s")
            case Known(known=known):
                clauses.append(f"{column} is {'not ' if known else ''}null")
            case Holds(holds=holds):
                clauses.append(f"{column} is {'true' if holds else 'not true'}")
    due = f"min(m.{definition.due_on})" if definition.due_on else "cast(null as date)"
    sql = (
        f"select m.client_key, {due} as due_on, %(reason)s as reason\n"
        f"from marts.{definition.mart} m\n"
        f"where {' and '.join(clauses)}\n"
        "group by m.client_key\norder by due_on, m.client_key"
    )
    return CompiledSegment(sql, parameters)


def months_before(day: date, months: int) -> date:
    """The same day of that month, or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
