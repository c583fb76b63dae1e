"""Moving in a practice's history: 70 000 transactions of 24 000 customers in at most 3 minutes, then reports.

The baseline is the same rows copied inside the server to tables without keys, checks or triggers, and
committed.
`write_export` makes a synthetic export, no line of it about anybody. Run: `python -m benchmarks.vagaro
[customers] [transactions]`; with a folder as third argument it only writes the export there.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import random
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from benchmarks import scale_reports
from benchmarks.extract import stores
from benchmarks.harness import Result, folder
from benchmarks.scale_steps import in_process, parse
from medspa.kernel import clock
from medspa.kernel.database import session_scope
from medspa.kernel.ids import new_id
from medspa.kernel.settings import Settings
from medspa.kernel.vocabulary import ActorKind, Permission
from operational.catalogue.defaults import CATEGORIES, PRODUCTS
from operational.identity.access import EVERYWHERE, Actor
from operational.importers.mapping import proposal, read
from operational.importers.report import LossReport, Outcome
from operational.importers.run import move_in
from operational.importers.vagaro.read import read_export
from operational.models import LegalEntity, Location, Organization
from tests.support.databases import Database

GOAL_SECONDS = 180
PIPELINE = ("land", "load", "build", "check", "publish")
YEARS = 4
SERVICES = (
    ("Botox", 42_000), ("Botox Touch-Up", 9_000), ("Dysport Upper Face", 38_500), ("Lip Filler", 75_000),
    ("Cheek Filler", 82_500), ("HydraFacial", 19_900), ("Microneedling", 32_500), ("IPL Photofacial", 30_000),
    ("Laser Hair Removal Legs", 27_500), ("Consultation", 0), ("Light Peel", 14_500),
)  # fmt: skip
GOODS = (("Vitamin C Serum", 9_800), ("Mineral Sunscreen", 4_250), ("Night Cream", 7_600))
_SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za")
CUSTOMER_COLUMNS = (
    "Name", "Customer Since", "Last Visit", "Gender", "Online Booking", "App. Booked", "Check-Ins",
    "Amount Paid", "No Shows/Cancel", "Email", "Phone",
)  # fmt: skip
SALE_COLUMNS = (
    "Checkout Date", "Transaction ID", "Appointment Date", "Customer",
    "Service/Product/GC/Package/Membership/Class", "Transaction Type", "Sold By", "Source", "Qty", "Price",
    "Tax", "Tip", "Disc", "Amt Paid",
)  # fmt: skip


def name(number: int) -> tuple[str, str]:
    """(first, last) made of syllables: a different one for each number."""
    parts = [_SYLLABLES[(number >> shift) % 16] for shift in (0, 4, 8, 12)]
    return "".join(parts[:2]).capitalize() + "a", "".join(parts[2:]).capitalize() + "ster"


def money(minor: int) -> str:
    """As the export writes it: `$1,234.56`, `($12.00)`."""
    text = f"${abs(minor) // 100:,}.{abs(minor) % 100:02d}"
    return f"({text})" if minor < 0 else text


def write_export(place: Path, customers: int, transactions: int, until: dt.date, seed: int = 7) -> int:
    """Customers.csv and TransactionList.csv; the rows of both."""
    with (place / "Customers.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["Customers"], ["Synthetic Aesthetics"], [], CUSTOMER_COLUMNS])
        for number in range(customers):
            first, last = name(number)
            contact = (f"c{number}@history.example", f"+1212{2000000 + number}")
            writer.writerow([f"{last}, {first}", "01/15/2020", "", "", "No", 1, 1, "$0.00", 0, *contact])
    rows = customers
    with (place / "TransactionList.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["Transaction List"], ["All employees"], [], SALE_COLUMNS])
        for row in _sales(random.Random(seed), customers, transactions, until):
            writer.writerow(row)
            rows += 1
    return rows


def _sales(
    chance: random.Random, customers: int, transactions: int, until: dt.date
) -> Iterator[list[object]]:
    days = YEARS * 365
    for number in range(transactions):
        day = until - dt.timedelta(days=days - 1 - number * days // transactions)
        first, last = name(chance.randrange(customers))
        who, by = f"{last}, {first}", f"Provider {chance.randrange(6) + 1}"
        written = f"{day:%m/%d/%Y}"
        appointment = f"{written} {chance.randrange(9, 12)}:{chance.choice((0, 15, 30, 45)):02d} AM"

        def row(item: str, kind: str, price: int, tax: int = 0, tip: int = 0, off: int = 0) -> list[object]:
            amounts = (price, tax, tip, off, price + tax + tip - off)
            return [written, f"{900000 + number}", appointment, who, item, kind, by, "POS", 1,  # noqa: B023
                    *(money(one) for one in amounts)]  # fmt: skip

        item, price = chance.choice(SERVICES)
        tip = price // 5 if chance.random() < 0.3 else 0
        off = price // 10 if chance.random() < 0.15 else 0
        yield row(item, "Service", price, tip=tip, off=off)
        if chance.random() < 0.25:
            goods, cost = chance.choice(GOODS)
            yield row(goods, "Product", cost, tax=cost * 8 // 100)


def practice(database: Database) -> tuple[uuid.UUID, uuid.UUID, Actor]:
    """An organization with one location, and who may import."""
    org_id, entity, location = new_id(), new_id(), new_id()
    with database.session("owner") as session:
        session.add(Organization(org_id=org_id, name="History", slug="history", created_at=clock.now()))
        session.flush()
        session.add(LegalEntity(org_id=org_id, id=entity, name="History LLC", currency="USD"))
        session.flush()
        session.add(
            Location(
                org_id=org_id, id=location, legal_entity_id=entity, name="Main", code="main",
                timezone="America/New_York", currency="USD", state="NY", cutover_hour=3, notice_minutes=1440,
                no_show_fee_minor=0, late_cancel_fee_minor=0, cash_step_minor=1, invoice_due_days=0,
                active=True,
            )
        )  # fmt: skip
    actor = Actor(
        org_id, ActorKind.OPERATOR, new_id(), None, "cli:import", {EVERYWHERE: frozenset(Permission)}
    )
    return org_id, location, actor


def bring_in(database: Database, location: uuid.UUID, actor: Actor, files: Path) -> LossReport:
    """Propose a mapping, take it as it is, and import."""
    export = read_export(files)
    mapping = files / "mapping.yaml"
    mapping.write_text(proposal(export.services))
    chosen = read(mapping, CATEGORIES, PRODUCTS)
    with session_scope(database.engine("app"), actor.org_id) as session:
        return move_in(session, actor, location, export, chosen)


_WRITTEN = """
select c.oid::regclass::text from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'alembic_version'
"""


def copied_plainly(database: Database) -> float:
    """Seconds for the rows of every table, written once more without any rule and committed."""
    with database.connect("owner") as connection:
        tables = [name for (name,) in connection.execute(_WRITTEN)]
        for name in tables:
            connection.execute(f"create table public.plain_{name} (like public.{name})")
        connection.commit()
        began = clock.now()
        for name in tables:
            connection.execute(f"insert into public.plain_{name} select * from public.{name}")
        connection.commit()
        return (clock.now() - began).total_seconds()


def run(customers: float = 24_000, transactions: float = 70_000) -> Result:
    """Seconds of the import, of importing again and of the pipeline; what became of the rows; the reports."""
    with folder() as place, stores() as settings, contextlib.closing(_store(settings)) as database:
        org_id, location, actor = practice(database)
        until = clock.now().date() - dt.timedelta(days=2)
        rows = write_export(place, int(customers), int(transactions), until)
        began = clock.now()
        report = bring_in(database, location, actor, place)
        between = clock.now()
        again = bring_in(database, location, actor, place)
        ended = clock.now()
        plain = copied_plainly(database)
        parse(settings)
        steps = {name: in_process(name, settings, [org_id]) for name in PIPELINE}
        asked = scale_reports.years(settings, org_id, YEARS)
    return {
        "rows": rows,
        "imported": report.total(Outcome.IMPORTED),
        "refused": report.total(Outcome.REFUSED),
        "imported again": again.total(Outcome.IMPORTED),
        "seconds": round((between - began).total_seconds(), 1),
        "seconds again": round((ended - between).total_seconds(), 1),
        "seconds of the rows alone": round(plain, 1),
        "import / rows alone": round((between - began).total_seconds() / plain, 1),
        "goal": GOAL_SECONDS,
        "pipeline": steps,
        "pipeline seconds": round(sum(one["seconds"] for one in steps.values()), 1),
        "differences": [one for step in steps.values() for one in step.get("failed", ())],
        "reports, p95 ms of the slowest year": asked,
    }


def _store(settings: Settings) -> Database:
    return Database("bench", dict(settings.operational))


if __name__ == "__main__":
    sizes = [int(one) for one in sys.argv[1:3]]
    if len(sys.argv) > 3:
        day = clock.now().date() - dt.timedelta(days=2)
        print(write_export(Path(sys.argv[3]), sizes[0], sizes[1], day))
    else:
        print(json.dumps(run(*sizes), indent=2))
