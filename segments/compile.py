"""Compiles a definition to SQL with bound parameters. Field names come from the grammar's list only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from segments.grammar import AtLeast, AtMost, InDays, Known, OneOf, SegmentDefinition


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
                clauses.append(f"{column} >= %({name}a)s and {column} < %({name}b)s")
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
    due = f"min(m.{definition.due_on})" if definition.due_on else "cast(null as date)"
    sql = (
        f"select m.client_key, {due} as due_on, %(reason)s as reason\n"
        f"from marts.{definition.mart} m\n"
        f"where {' and '.join(clauses)}\n"
        "group by m.client_key\norder by due_on, m.client_key"
    )
    return CompiledSegment(sql, parameters)
