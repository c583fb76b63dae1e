"""Preparing the user's own PostgreSQL servers: roles and databases from the DSNs in the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from psycopg.conninfo import conninfo_to_dict

from medspa.kernel.settings import Settings
from medspa.local import roles
from medspa.local.environment import ADMIN, external_clusters


def initialize(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """Set up every external cluster that has an ADMIN DSN and yield its name.

    Role names and passwords are those of the per-role DSNs. Raises UnsuitableServer for a DSN that names
    another role or database than the one this system uses.
    """
    for name in sorted(external_clusters(environ)):
        dsns: dict[str, str] = getattr(settings, name)
        if ADMIN not in dsns:
            raise roles.UnsuitableServer(
                f"Set MEDSPA_{name.upper()}_ADMIN_DSN to a role that may create roles and databases."
            )
        cluster = roles.CLUSTERS[name]
        roles.set_up(dsns[ADMIN], cluster, _passwords(cluster, dsns))
        yield name


def _passwords(cluster: roles.Cluster, dsns: Mapping[str, str]) -> dict[str, str]:
    passwords: dict[str, str] = {}
    for role in cluster.logins:
        variable = f"MEDSPA_{cluster.name.upper()}_{role.short.upper()}_DSN"
        if role.short not in dsns:
            raise roles.UnsuitableServer(
                f"Set {variable}: postgresql://{role.name}:<password>@<host>/{cluster.database_of(role.name)}"
            )
        parts = conninfo_to_dict(dsns[role.short])
        if parts.get("user") != role.name or parts.get("dbname") != cluster.database_of(role.name):
            raise roles.UnsuitableServer(
                f"{variable} must connect as {role.name} to the database {cluster.database_of(role.name)}."
            )
        passwords[role.name] = str(parts.get("password") or "")
    return passwords
