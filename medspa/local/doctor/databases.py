"""The databases: reachable as every role, new enough, roles without dangerous rights, extensions."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.local import roles
from medspa.local.doctor.finding import Finding, ok, problem, warning
from medspa.local.stamp import read_mode

CONNECT_TIMEOUT = 5
CLOCK_TOLERANCE = 5.0
"""Seconds. Sessions, tokens and holds compare times of both clocks; more than this is visible to users."""
EXTENSIONS = {"operational": ("btree_gist",), "warehouse": ()}
INIT = "Run `medspa doctor --init` with the cluster's ADMIN DSN set."


def check(settings: Settings) -> Iterator[Finding]:
    for cluster in roles.CLUSTERS.values():
        dsns: dict[str, str] = getattr(settings, cluster.name)
        if not dsns:
            yield ok(
                f"{cluster.name} databases", "no connection is known yet; `medspa up` starts the servers"
            )
            continue
        yield from _check_cluster(cluster, dsns, settings.mode)


def _check_cluster(cluster: roles.Cluster, dsns: dict[str, str], mode: str) -> Iterator[Finding]:
    for role in cluster.logins:
        subject = f"{cluster.name} {role.short}"
        dsn = dsns.get(role.short)
        if dsn is None:
            variable = f"MEDSPA_{cluster.name.upper()}_{role.short.upper()}_DSN"
            yield problem(subject, "no connection is known", f"Set {variable}. {INIT}")
            continue
        try:
            with psycopg.connect(dsn, connect_timeout=CONNECT_TIMEOUT) as connection:
                yield from _check_role(subject, role, connection)
                if role.short == "owner":
                    yield from _check_server(cluster, connection, mode)
        except psycopg.OperationalError as error:
            yield problem(subject, "cannot connect", f"{_reason(error)} {INIT}")


def _check_role(subject: str, role: roles.Role, connection: psycopg.Connection) -> Iterator[Finding]:
    row = connection.execute(
        "select current_user, rolsuper, rolbypassrls, rolcreaterole, "
        "exists (select from pg_database where datname = current_database() and datdba = r.oid) "
        "from pg_roles r where rolname = current_user"
    ).fetchone()
    name, superuser, bypasses, creates, owns = row or ("nobody", False, False, False, False)
    wrong = [
        text
        for flag, text in (
            (superuser, "is a superuser"),
            (bypasses, "bypasses row security"),
            (creates, "may create roles"),
            (owns and role.short not in ("owner", "dagster"), "owns the database"),
            (name != role.name, f"connects as {name}"),
        )
        if flag
    ]
    if wrong:
        yield problem(subject, ", ".join(wrong), f"Connect as {role.name} with none of these rights. {INIT}")
    else:
        yield ok(subject, f"connects as {name}")


def _check_server(cluster: roles.Cluster, connection: psycopg.Connection, mode: str) -> Iterator[Finding]:
    version = connection.info.server_version
    if version < roles.MINIMUM_VERSION:
        yield problem(f"{cluster.name} version", str(version // 10000), "Use PostgreSQL 16 or newer.")
    else:
        yield ok(f"{cluster.name} version", str(version // 10000))
    for extension in EXTENSIONS[cluster.name]:
        row = connection.execute(
            "select bool_or(trusted) from pg_available_extension_versions where name = %s", (extension,)
        ).fetchone()
        if row is None or row[0] is None:
            yield problem(
                f"extension {extension}",
                "not available",
                "Install PostgreSQL's contrib modules on the server.",
            )
        else:
            yield ok(f"extension {extension}", "available")
    yield _clocks(cluster.name, connection)
    stamped = read_mode(connection)
    if stamped is None:
        yield ok(f"{cluster.name} mode", "not stamped yet; the first start does it")
    elif stamped != mode:
        yield problem(
            f"{cluster.name} mode",
            f"made in {stamped} mode, MEDSPA_MODE is {mode}",
            "Use another state folder (MEDSPA_HOME) or another database; data of both never mix.",
        )
    else:
        yield ok(f"{cluster.name} mode", stamped)


def _clocks(name: str, connection: psycopg.Connection) -> Finding:
    row = connection.execute("select clock_timestamp()").fetchone()
    apart = abs((row[0] - clock.now()).total_seconds()) if row else 0.0
    seen = f"{apart:.1f} s from this machine's"
    if apart > CLOCK_TOLERANCE:
        return warning(f"{name} clock", seen, "Let both machines follow a time server (NTP).")
    return ok(f"{name} clock", seen)


def _reason(error: psycopg.OperationalError) -> str:
    """The last line of the driver's message, which names the cause; it holds no password."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "The server gave no reason."
