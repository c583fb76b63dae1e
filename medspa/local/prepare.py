"""From settings to databases that are up, stamped and migrated: what every command needs first."""

from __future__ import annotations

import os

from medspa.kernel.settings import Settings, load_settings
from medspa.local.environment import LocalEnvironment, external_clusters
from medspa.local.stamp import ensure_mode


def local_environment(settings: Settings) -> LocalEnvironment:
    """The embedded servers of the settings' state folder, without those replaced by external ones."""
    return LocalEnvironment(settings.home, external=external_clusters(os.environ))


def connected(**overrides: object) -> Settings:
    """Settings with every DSN; embedded servers are started when they are down."""
    first = load_settings(**overrides)
    local_environment(first).ensure()
    return load_settings(**overrides)


def prepared(**overrides: object) -> Settings:
    """`connected`, and both databases stamped with the mode and migrated to the newest schema.

    Raises ModeRefused before anything is written when the mode must not start here. The master key is
    made here in demo mode.
    """
    from medspa.local.doctor.live import require_allowed
    from operational.migrations import runner
    from operational.privacy.vault import load_master_key
    from pipelines.load import schema

    settings = connected(**overrides)
    require_allowed(settings)
    load_master_key(settings)
    for owner, migrate in (
        (settings.operational_dsn("owner"), runner.migrate),
        (settings.warehouse_dsn("owner"), schema.migrate),
    ):
        ensure_mode(owner, settings.mode)
        migrate(owner)
    return settings
