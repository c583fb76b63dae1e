"""Settings of one process, read once at the composition root. No defaults that hold secrets.

Environment variables start with MEDSPA_. The embedded servers write their per-role DSNs to
`<home>/run/dsn.json`; MEDSPA_OPERATIONAL_<ROLE>_DSN and MEDSPA_WAREHOUSE_<ROLE>_DSN replace them.
"""

from __future__ import annotations

import ipaddress
import json
import os
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from medspa.kernel.errors import DomainError

OPERATIONAL_ROLES = ("admin", "owner", "app", "extract", "publish", "maintenance", "backup")
WAREHOUSE_ROLES = ("admin", "owner", "load", "build", "reporting", "dagster")
DSN_FILE = "run/dsn.json"


class SettingMissing(DomainError):
    status = 500
    code = "setting-missing"
    title = "A setting is missing"


class Settings(BaseSettings):
    """Typed settings. `operational` and `warehouse` map a database role to its DSN (libpq URL)."""

    model_config = SettingsConfigDict(env_prefix="MEDSPA_", extra="ignore")

    home: Path = Field(default=Path("var"), validate_default=True)
    mode: Literal["demo", "live"] = "demo"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    dagster_port: int = Field(default=3000, ge=0, le=65535)
    public_url: str = ""
    trusted_proxies: str = ""
    """Addresses or networks of reverse proxies, with commas between. Who asks is read from the headers of
    these and of nobody else: without them everybody behind a proxy has its address."""
    lake_url: str = ""
    parsed_project: Path | None = None
    """Where the parsed dbt project is kept: several state folders may share it."""
    master_key_file: Path | None = None
    audit_key_file: Path | None = None
    audit_anchors: Path | None = None
    session_idle_minutes: int = Field(default=15, ge=1, le=240)
    lock_timeout_ms: int = Field(default=3000, ge=100, le=60_000)
    pool_size: int = Field(default=16, ge=1, le=200)
    """Connections of each process of the web server."""
    web_processes: int = Field(default=1, ge=1, le=64)
    """Of the web server: one computes on one core."""
    max_body_bytes: int = Field(default=8_000_000, ge=1_000)
    processor: Literal["inprocess", "stripe"] = "inprocess"
    processor_url: str = "https://api.stripe.com"
    processor_key_file: Path | None = None
    processor_events_file: Path | None = None
    """The secret that the processor signs its events with."""
    sms: Literal["inprocess", "twilio"] = "inprocess"
    sms_url: str = "https://api.twilio.com"
    sms_account: str = ""
    sms_token_file: Path | None = None
    """The account's auth token: calls are made with it, reports are signed with it."""
    email: Literal["inprocess", "smtp"] = "inprocess"
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    webhooks_inside: bool = False
    """Webhooks may go to http and to private addresses: for tests, never in live mode."""
    # Passwords stand in these: never in a representation, which logs and tracebacks may show.
    operational: dict[str, str] = Field(default_factory=dict, repr=False)
    warehouse: dict[str, str] = Field(default_factory=dict, repr=False)

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        """Tools that work in folders of their own (dbt, Dagster) are told the same place."""
        return home.absolute()

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, listed: str) -> str:
        """Raises ValueError for what is no network, and for all of them: anybody could name an address."""
        networks = [
            ipaddress.ip_network(one.strip(), strict=False) for one in listed.split(",") if one.strip()
        ]
        if any(one.prefixlen == 0 for one in networks):
            raise ValueError("name the proxies; every address at once cannot be trusted")
        return ",".join(str(one) for one in networks)

    @property
    def lake(self) -> str:
        return self.lake_url or str(self.home / "lake")

    @property
    def parsed_folder(self) -> Path:
        return self.parsed_project or self.home / "dbt" / "parsed"

    @property
    def master_key_path(self) -> Path:
        return self.master_key_file or self.home / "secrets" / "master.key"

    @property
    def audit_key_path(self) -> Path:
        """The key that signs audit blocks: outside the database, like the anchors."""
        return self.audit_key_file or self.home / "secrets" / "audit-signing.key"

    @property
    def audit_anchor_folder(self) -> Path:
        return self.audit_anchors or self.home / "audit-anchors"

    def operational_dsn(self, role: str) -> str:
        return _dsn(self.operational, role, "OPERATIONAL")

    def warehouse_dsn(self, role: str) -> str:
        return _dsn(self.warehouse, role, "WAREHOUSE")


def _dsn(dsns: dict[str, str], role: str, store: str) -> str:
    try:
        return dsns[role]
    except KeyError:
        raise SettingMissing(
            f"No connection is known for the {role} role: start the embedded servers with `medspa up`, "
            f"or set MEDSPA_{store}_{role.upper()}_DSN."
        ) from None


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, the embedded servers' DSN file, and `overrides` (strongest)."""
    settings = Settings(**overrides)  # type: ignore[arg-type]
    path = settings.home / DSN_FILE
    known: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.is_file() else {}
    for store, roles in (("operational", OPERATIONAL_ROLES), ("warehouse", WAREHOUSE_ROLES)):
        merged = dict(known.get(store, {}))
        for role in roles:
            value = os.environ.get(f"MEDSPA_{store.upper()}_{role.upper()}_DSN")
            if value:
                merged[role] = value
        merged.update(getattr(settings, store))
        setattr(settings, store, merged)
    return settings
