"""The database roles of each cluster, their databases, and who may connect where.

Idempotent, and works for an administrator that is no superuser: it needs CREATEROLE and, for
databases that do not exist yet, CREATEDB (PostgreSQL 16 or newer). What roles may do inside a database
is decided by the migrations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from medspa.local import timeouts

MINIMUM_VERSION = 160000


class UnsuitableServer(RuntimeError):
    """A server or an existing role breaks a rule this system relies on; the message says how to mend it."""


@dataclass(frozen=True)
class Role:
    """A role. One without login owns objects only."""

    name: str
    login: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """The word for the role in settings and variables: `owner` for medspa_owner and medspa_wh_owner."""
        return self.name.removeprefix("medspa_").removeprefix("wh_")


@dataclass(frozen=True)
class Database:
    """A database, its owner, and what each other role may do with it as a whole."""

    name: str
    owner: str
    connect: tuple[str, ...]
    temporary: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """`role` may be assumed by `member` with SET ROLE; nothing is inherited."""

    role: str
    member: str


@dataclass(frozen=True)
class Cluster:
    """Everything that is set up on one server before the migrations run."""

    name: str
    roles: tuple[Role, ...]
    databases: tuple[Database, ...]
    grants: tuple[Grant, ...] = ()

    @property
    def logins(self) -> tuple[Role, ...]:
        return tuple(role for role in self.roles if role.login)

    def database_of(self, role: str) -> str:
        """The database a role works in."""
        for database in self.databases:
            if role == database.owner or role in database.connect:
                return database.name
        raise KeyError(role)


OPERATIONAL = Cluster(
    name="operational",
    roles=(
        Role("medspa_owner", settings=timeouts.MIGRATION),
        Role("medspa_app", settings=timeouts.REQUEST),
        Role("medspa_deid", login=False),
        Role("medspa_extract", settings=timeouts.BATCH),
        Role("medspa_publish", settings=timeouts.BATCH),
        Role("medspa_maintenance", settings=timeouts.BATCH),
        Role("medspa_backup", settings=timeouts.BATCH),
    ),
    databases=(
        Database(
            name="medspa",
            owner="medspa_owner",
            connect=("medspa_app", "medspa_extract", "medspa_publish", "medspa_maintenance", "medspa_backup"),
        ),
    ),
    grants=(Grant("medspa_deid", member="medspa_owner"),),
)

WAREHOUSE = Cluster(
    name="warehouse",
    roles=(
        Role("medspa_wh_owner", settings=timeouts.MIGRATION),
        Role("medspa_load", settings=timeouts.BATCH),
        Role("medspa_build", settings=timeouts.BATCH),
        Role("medspa_reporting", settings=timeouts.REPORT),
        Role("medspa_dagster"),
    ),
    databases=(
        Database(
            name="medspa_warehouse",
            owner="medspa_wh_owner",
            connect=("medspa_load", "medspa_build", "medspa_reporting"),
            # Incremental models and the loader stage their rows in temporary tables.
            temporary=("medspa_load", "medspa_build"),
        ),
        # Dagster creates and migrates its own tables, so it owns its database and sees no other.
        Database(name="medspa_dagster", owner="medspa_dagster", connect=()),
    ),
)

CLUSTERS = {cluster.name: cluster for cluster in (OPERATIONAL, WAREHOUSE)}


def set_up(admin_dsn: str, cluster: Cluster, passwords: Mapping[str, str]) -> None:
    """Create or repair the cluster's roles and databases.

    `passwords` holds one for every role with login; existing roles get theirs again. Raises
    UnsuitableServer for an old server, an administrator without rights or a role with too many.
    """
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        require_version(admin)
        _require_rights(admin)
        for role in cluster.roles:
            _ensure_role(admin, role, passwords.get(role.name))
        for grant in cluster.grants:
            admin.execute(
                sql.SQL("grant {} to {} with inherit false, set true").format(
                    sql.Identifier(grant.role), sql.Identifier(grant.member)
                )
            )
        for database in cluster.databases:
            create_database(admin, database)


def create_database(
    admin: psycopg.Connection, database: Database, *, name: str = "", template: str = ""
) -> None:
    """Create `database` unless it exists, and set who may connect to it.

    `name` replaces the specification's own (clones keep its owner and access); `template` is copied file by
    file, which costs half of what copying it through the log does.
    """
    target = sql.Identifier(name or database.name)
    owner = sql.Identifier(database.owner)
    _let_admin_act_as(admin, database.owner)
    exists = admin.execute(
        "select 1 from pg_database where datname = %s", (name or database.name,)
    ).fetchone()
    if exists is None:
        copied = (
            sql.SQL(" template {} strategy file_copy").format(sql.Identifier(template))
            if template
            else sql.SQL("")
        )
        admin.execute(sql.SQL("create database {} owner {}").format(target, owner) + copied)
    statements = [sql.SQL("revoke all on database {} from public").format(target)]
    for privilege, members in (("connect", database.connect), ("temporary", database.temporary)):
        statements += [
            sql.SQL("grant {} on database {} to {}").format(
                sql.SQL(privilege), target, sql.Identifier(member)
            )
            for member in members
        ]
    with admin.transaction():
        admin.execute(sql.SQL("set local role {}").format(owner))
        for statement in statements:
            admin.execute(statement)


def require_version(admin: psycopg.Connection) -> None:
    if admin.info.server_version < MINIMUM_VERSION:
        raise UnsuitableServer(
            f"PostgreSQL {admin.info.server_version // 10000} is too old: use version 16 or newer."
        )


def _require_rights(admin: psycopg.Connection) -> None:
    row = admin.execute(
        "select rolsuper or rolcreaterole from pg_roles where rolname = current_user"
    ).fetchone()
    if row is None or not row[0]:
        raise UnsuitableServer(
            "The administrator of the DSN may not create roles: give it CREATEROLE and CREATEDB."
        )


def _ensure_role(admin: psycopg.Connection, role: Role, password: str | None) -> None:
    name = sql.Identifier(role.name)
    row = admin.execute(
        "select rolsuper or rolbypassrls or rolcreaterole or rolreplication from pg_roles where rolname = %s",
        (role.name,),
    ).fetchone()
    if row is None:
        admin.execute(sql.SQL("create role {}").format(name))
    elif row[0]:
        raise UnsuitableServer(
            f"The role {role.name} is a superuser, bypasses row security, creates roles or replicates: "
            f"alter role {role.name} nosuperuser nobypassrls nocreaterole noreplication"
        )
    if role.login:
        if not password:
            raise UnsuitableServer(f"No password was given for the role {role.name}.")
        # The verifier is computed here, so no password ever reaches a statement or a log.
        verifier = admin.pgconn.encrypt_password(
            password.encode(), role.name.encode(), b"scram-sha-256"
        ).decode()
        admin.execute(sql.SQL("alter role {} login password {}").format(name, sql.Literal(verifier)))
    for parameter, value in {"timezone": "UTC", **role.settings}.items():
        admin.execute(
            sql.SQL("alter role {} set {} = {}").format(name, sql.Identifier(parameter), sql.Literal(value))
        )


def _let_admin_act_as(admin: psycopg.Connection, owner: str) -> None:
    """A creator of roles has admin rights over them but may not SET ROLE to them until it grants that."""
    row = admin.execute("select pg_has_role(current_user, %s, 'set')", (owner,)).fetchone()
    if row is not None and not row[0]:
        admin.execute(
            sql.SQL("grant {} to current_user with inherit false, set true").format(sql.Identifier(owner))
        )
