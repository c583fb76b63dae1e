"""The servers of one state folder: secrets, both clusters, roles, and the DSN file the settings read.

A cluster whose DSNs come from the process environment is somebody's own server and is left alone here;
`medspa doctor --init` prepares it.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from medspa.kernel.settings import DSN_FILE
from medspa.local import roles
from medspa.local.files import (
    PRIVATE_FOLDER,
    TRAVERSE_ONLY,
    exclusive,
    make_folder,
    read_json,
    write_private_json,
)
from medspa.local.postgres import EmbeddedCluster, new_password

ADMIN = "admin"
SECRETS_FILE = "secrets.json"
SERVERS_FOLDER = "postgres"

Dsns = dict[str, dict[str, str]]
"""Cluster name → short role name → libpq URL."""


def external_clusters(environ: Mapping[str, str]) -> frozenset[str]:
    """The clusters that the environment points to: any MEDSPA_<CLUSTER>_<ROLE>_DSN that is not empty."""
    return frozenset(
        name
        for name in roles.CLUSTERS
        if any(
            value and variable.startswith(f"MEDSPA_{name.upper()}_") and variable.endswith("_DSN")
            for variable, value in environ.items()
        )
    )


@dataclass
class LocalEnvironment:
    """The embedded servers under `home`. `external` names the clusters that are not ours to run."""

    home: Path
    external: frozenset[str] = frozenset()
    durable: bool = True
    clusters: dict[str, EmbeddedCluster] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.home = self.home.absolute()

    def ensure(self) -> Dsns:
        """Start what is not running, create what is missing, and return every DSN.

        Safe to call from several processes at once, and quick when everything runs already.
        """
        make_folder(self.home, TRAVERSE_ONLY)
        make_folder(self.home / "run", PRIVATE_FOLDER)
        with exclusive(self.home / "run" / "environment.lock"):
            secrets = self._secrets()
            clusters = self._load(secrets)
            with ThreadPoolExecutor(max_workers=max(1, len(clusters))) as pool:
                dsns = dict(pool.map(lambda cluster: self._raise(cluster, secrets[cluster.name]), clusters))
            write_private_json(self.home / DSN_FILE, dsns)
        return dsns

    def stop(self) -> None:
        """Stop both servers. The DSN file goes, so that nothing tries servers that are down."""
        if not self.home.is_dir():
            return
        make_folder(self.home / "run", PRIVATE_FOLDER)
        with exclusive(self.home / "run" / "environment.lock"):
            for cluster in self._load(self._secrets()):
                cluster.stop()
            (self.home / DSN_FILE).unlink(missing_ok=True)

    def running(self) -> dict[str, bool]:
        """Cluster name → whether its embedded server is up."""
        return {cluster.name: cluster.is_running() for cluster in self._load(self._stored_secrets())}

    def destroy(self) -> None:
        """Stop the servers and delete their data. For tests and for starting a demo again."""
        for cluster in self._load(self._stored_secrets()):
            cluster.destroy()
        (self.home / DSN_FILE).unlink(missing_ok=True)

    def _raise(self, cluster: EmbeddedCluster, secrets: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        specification = roles.CLUSTERS[cluster.name]
        # The DSN file is written after the roles: without it an earlier attempt may not have got there.
        if not cluster.is_running() or not (self.home / DSN_FILE).exists():
            cluster.ensure_running()
            roles.set_up(
                cluster.admin_dsn,
                specification,
                {role.name: secrets[role.short] for role in specification.logins},
            )
        return cluster.name, {
            ADMIN: cluster.admin_dsn,
            **{
                role.short: cluster.dsn(role.name, secrets[role.short], specification.database_of(role.name))
                for role in specification.logins
            },
        }

    def _load(self, secrets: Mapping[str, Mapping[str, str]]) -> list[EmbeddedCluster]:
        self.clusters = {
            name: EmbeddedCluster(
                name=name,
                folder=self.home / SERVERS_FOLDER,
                admin_password=secrets.get(name, {}).get(ADMIN, ""),
                durable=self.durable,
            )
            for name in roles.CLUSTERS
            if name not in self.external
        }
        return list(self.clusters.values())

    def _stored_secrets(self) -> dict[str, dict[str, str]]:
        stored: dict[str, dict[str, str]] = read_json(self.home / SECRETS_FILE)
        return stored

    def _secrets(self) -> dict[str, dict[str, str]]:
        """The stored secrets, completed by new ones for clusters and roles that have none yet."""
        stored = self._stored_secrets()
        complete = {
            name: {
                short: stored.get(name, {}).get(short) or new_password()
                for short in (ADMIN, *(role.short for role in cluster.logins))
            }
            for name, cluster in roles.CLUSTERS.items()
        }
        if complete != stored:
            write_private_json(self.home / SECRETS_FILE, complete)
        return complete
