"""Every benchmark with its sizes and goals. How each measures is in its own module."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.harness import Benchmark, Figure, Result, at_least, at_most, exactly, shown


def _contest(found: Result) -> Sequence[Figure]:
    longest = found["longest ms"]["book"] / 1000
    return [
        at_least("book / bare endpoint, requests per second", found["book / bare"], found["goal"]),
        exactly("violations of the calendar", found["violations"], 0),
        Figure("longest answer", longest, longest, longest, "≤ 3", longest <= 3, "s"),
        *(figure for name, one in found["kinds"].items() for figure in _kind(name, one)),
        *(
            shown(f"{name}, without locks: deadlocks", _one(one["deadlocks"]))
            for name, one in found["without locks"].items()
        ),
    ]


def _kind(name: str, one: Result) -> Sequence[Figure]:
    longest = one["longest ms"] / 1000
    return [
        exactly(f"{name}: violations", one["violations"], 0),
        Figure(f"{name}: longest answer", longest, longest, longest, "≤ 3", longest <= 3, "s"),
        at_most(f"{name}: p95", _one(one["p95 ms"]), 100, "ms"),
    ]


def _calendar(found: Result) -> Sequence[Figure]:
    server, painted = found["goals"]
    (_, fed), (middle, slow) = found["server ms"], found["first paint ms"]
    frame, slowest = found["frame ms"]
    return [
        Figure("a day of 500 visits, server, p95", fed, found["server ms"][0], fed,
               f"≤ {server:g}", fed <= server, "ms"),
        Figure("its first paint in a browser", middle, middle, slow,
               f"≤ {painted:g}", middle <= painted, "ms"),
        Figure("a frame while it is scrolled", frame, frame, slowest, "", True, "ms"),
    ]  # fmt: skip


def _availability(found: Result) -> Sequence[Figure]:
    before, after = found["p95 ms"]
    grown = round(after / before, 2)
    goal = found["goal p95 ms"]
    return [
        Figure("p95 with years of history", after, min(before, after), max(before, after),
               f"≤ {goal:g}", after <= goal, "ms"),
        Figure("p95 with history / without", grown, grown, grown, "≤ 1.5", grown <= 1.5),
        shown("processor time with years of history, p95", _one(found["processor ms, p95"][1]), "ms"),
        at_least("generated slots / availability", found["generated slots / availability"], 50),
    ]  # fmt: skip


def _audit_cost(found: Result) -> Sequence[Figure]:
    return [
        at_least("audited / unaudited that commits as durably", found["audited / unaudited, durable"], 0.8),
        shown("audited / unaudited that writes nothing", found["audited / unaudited"]),
    ]


def _row_security(found: Result) -> Sequence[Figure]:
    return [at_most(f"{name}: row security / explicit filter", one, 1.15) for name, one in found.items()]


def _commit_to_mart(found: Result) -> Sequence[Figure]:
    p50, p95 = found["p50 s"], found["p95 s"]
    return [
        Figure("commit → mart, p50", p50, found["least s"], p50, "", True, "s"),
        Figure("commit → mart, p95", p95, p50, found["most s"], "≤ 5", p95 <= 5, "s"),
    ]


def _tokens(found: Result) -> Sequence[Figure]:
    rate = found["million ids per second"]
    return [Figure("million ids per second and core", rate["median"], rate["low"], rate["high"],
                   f"≥ {found['goal']:g}", rate["median"] >= found["goal"], "M/s")]  # fmt: skip


def _extract(found: Result) -> Sequence[Figure]:
    names = ("extract + de-identify + land / COPY to nowhere", "with load / COPY round trip")
    return [at_most(name, found[name], goal) for name, goal in zip(names, found["goals"], strict=True)]


def _vagaro(found: Result) -> Sequence[Figure]:
    seconds, goal, ratio = found["seconds"], found["goal"], found["import / rows alone"]
    took, slowest = found["pipeline seconds"], max(found["reports, p95 ms of the slowest year"].values())
    return [
        Figure("history moved in", seconds, seconds, seconds, f"≤ {goal:g}", seconds <= goal, "s"),
        Figure("import / its rows copied without rules", ratio, ratio, ratio, "", True),
        exactly("rows refused", found["refused"], 0),
        exactly("rows imported by a second run", found["imported again"], 0),
        Figure("pipeline over it", took, took, took, "", True, "s"),
        exactly("differences of its tie-outs", len(found["differences"]), 0),
        Figure("slowest report of any of its years", slowest, 0, slowest, "≤ 300", slowest <= 300, "ms"),
    ]


def _scale(found: Result) -> Sequence[Figure]:
    figures = []
    for lines, size in found["sizes"].items():
        named = f"{int(lines) / 1e6:g} million lines"
        for step, one in size["full"].items():
            figures.append(shown(f"{named}: {step}, lines per second", _one(one["lines/s"]), "/s"))
        recent, slowest = _one(size["incremental / full"]), _one(max(size["reports, p95 ms"].values()))
        ratio, build = f"{named}: newest 1 % / full run", size["incremental build / full build"]
        # A budget of five million lines and more, and one of ten: below, a figure is only shown.
        figures.append(at_most(ratio, recent, 0.05) if int(lines) >= 5e6 else shown(ratio, recent))
        figures.append(shown(f"{named}: newest 1 % / full, build alone", _one(build)))
        figures.append(at_most(f"{named}: slowest report, p95 warm", slowest, 300, "ms"))
        for name, one in size["facts / marts"].items():
            what = f"{named}: {name} from facts / from its mart"
            figures.append(at_least(what, one, 50) if int(lines) >= 1e7 else shown(what, one))
    for step, one in found["growth"].items():
        figures.append(
            at_most(f"{step}: seconds per line, largest / smallest", _one(one["seconds per line"]), 1.2)
        )
        figures += [
            at_most(f"{step}: {memory}, largest / smallest", _one(one[memory]), 1.5)
            for memory in ("memory", "server memory")
        ]
    return figures


def _one(value: float) -> dict[str, float]:
    """A value that was measured once."""
    return {"median": value, "low": value, "high": value}


BENCHMARKS = (
    Benchmark(
        "tokens",
        "row ids to tokens: ≥ 20 million per second and core",
        "benchmarks.tokens", (10, 5), (2, 3), _tokens,
    ),
    Benchmark(
        "extract",
        "a full store: landed ≤ 3 × COPY to nowhere, loaded ≤ 2 × a COPY round trip",
        "benchmarks.extract", (150_000, 3), (20_000, 3), _extract,
    ),
    Benchmark(
        "contest",
        "16 writers per slot over HTTP: 0 violations, no stall over 3 s, ≥ 0.5 × a bare endpoint",
        "benchmarks.contest", (60, 5), (15, 3), _contest,
    ),
    Benchmark(
        "availability",
        "30 days × 20 providers × 10 rooms: p95 ≤ 30 ms in process, whatever the history",
        "benchmarks.availability", (60, 200_000), (30, 60_000), _availability,
    ),
    Benchmark(
        "calendar",
        "a day of 40 providers and 500 items: p95 ≤ 100 ms on the server, first paint ≤ 1 s",
        "benchmarks.calendar", (60, 9), (20, 3), _calendar,
    ),
    Benchmark(
        "audit_cost",
        "an endpoint keeps ≥ 0.8 of its unaudited speed, the audit durable before the answer",
        "benchmarks.audit_cost", (4.0,), (1.5,), _audit_cost,
    ),
    Benchmark(
        "row_security",
        "a tenant scan costs ≤ 1.15 × an explicit filter",
        "benchmarks.row_security", (60_000, 9), (15_000, 5), _row_security,
    ),
    Benchmark(
        "commit_to_mart",
        "commit → mart: p95 ≤ 5 s under steady traffic",
        "benchmarks.commit_to_mart", (60,), (10,), _commit_to_mart,
    ),
    Benchmark(
        "scale",
        "200 organizations: linear, flat memory; the newest 1 % ≤ 5 % of a full run; a report ≤ 300 ms",
        "benchmarks.scale", (1, 3), (0.02, 0.06), _scale,
    ),
    Benchmark(
        "vagaro",
        "a history of 70 000 transactions of 24 000 customers moved in: ≤ 3 minutes",
        "benchmarks.vagaro", (24_000, 70_000), (1_200, 3_500), _vagaro,
    ),
)  # fmt: skip
