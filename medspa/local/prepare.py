"""From settings to databases that are up, stamped and migrated: what every command needs first."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from medspa.kernel.settings import Settings, load_settings
from medspa.local.environment import LocalEnvironment, external_clusters
from medspa.local.files import PRIVATE_FOLDER, make_folder, write_private
from medspa.local.stamp import ensure_mode

MASTER_KEY_BYTES = 32


def local_environment(settings: Settings) -> LocalEnvironment:
    """The embedded servers of the settings' state folder, without those replaced by external ones."""
    return LocalEnvironment(settings.home, external=external_clusters(os.environ))


def connected(**overrides: object) -> Settings:
    """Settings with every DSN; embedded servers are started when they are down."""
    first = load_settings(**overrides)
    local_environment(first).ensure()
    return load_settings(**overrides)


def prepared(**overrides: object) -> Settings:
    """`connected`, and both databases stamped with the mode and migrated to the newest schema."""
    from operational.migrations import runner
    from pipelines.load import schema

    settings = connected(**overrides)
    ensure_master_key(settings)
    for owner, migrate in (
        (settings.operational_dsn("owner"), runner.migrate),
        (settings.warehouse_dsn("owner"), schema.migrate),
    ):
        ensure_mode(owner, settings.mode)
        migrate(owner)
    return settings


def ensure_master_key(settings: Settings) -> Path:
    """The key that wraps every other key. Generated in demo mode only; live mode brings its own file."""
    path = settings.master_key_path
    if settings.mode == "demo" and not path.exists():
        make_folder(path.parent, PRIVATE_FOLDER)
        write_private(path, secrets.token_hex(MASTER_KEY_BYTES) + "\n")
    return path
