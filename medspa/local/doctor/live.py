"""What each mode refuses to start with. `medspa up` asks this too, so nothing here is advice."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.local.doctor.finding import Finding, Level, ok, problem
from medspa.local.doctor.state import secret_files
from medspa.local.files import readable_by_others
from medspa.local.services import ServiceFailed

CONNECT_TIMEOUT = 5


class ModeRefused(ServiceFailed):
    """The mode does not allow this environment; the message lists every reason."""


def check(settings: Settings) -> Iterator[Finding]:
    refused = list(refusals(settings))
    yield from refused
    if not refused:
        yield ok(f"{settings.mode} mode", "nothing stands against it")


def refusals(settings: Settings) -> Iterator[Finding]:
    """The findings for which this mode must not start."""
    if settings.mode == "demo":
        yield from _demo(settings)
    else:
        yield from _live(settings)


def require_allowed(settings: Settings) -> None:
    """Raise ModeRefused when this mode must not start here."""
    reasons = [f"- {finding.seen}: {finding.remedy}" for finding in refusals(settings)]
    if reasons:
        raise ModeRefused(f"{settings.mode} mode refuses to start:\n" + "\n".join(reasons))


def _demo(settings: Settings) -> Iterator[Finding]:
    if not _is_loopback(settings.host):
        yield problem(
            "demo mode",
            f"would listen on {settings.host}",
            "A demo is served on loopback only: set MEDSPA_HOST to 127.0.0.1.",
        )


def _live(settings: Settings) -> Iterator[Finding]:
    if not clock.uses_system_clock():
        yield problem("live mode", "the clock is simulated", "Start without installing another clock.")
    if settings.processor == "inprocess":
        yield problem(
            "live mode",
            "the card processor is the in-process one",
            "Set MEDSPA_PROCESSOR to a real processor.",
        )
    elif not _is_https(settings.processor_url):
        yield problem(
            "live mode",
            "the card processor is not called over https",
            "Set MEDSPA_PROCESSOR_URL to the https:// address of the processor.",
        )
    yield from _messengers(settings)
    if not _is_https(settings.public_url):
        yield problem(
            "live mode", "the public URL is not https", "Set MEDSPA_PUBLIC_URL to the https:// address."
        )
    yield from _master_key(settings)
    yield from _audit_trail(settings)
    for finding in secret_files(settings):
        if finding.level is Level.PROBLEM:
            yield finding
    for name in ("operational", "warehouse"):
        yield from _durability(name, getattr(settings, name).get("owner"))


def _messengers(settings: Settings) -> Iterator[Finding]:
    """What is only pretended to be sent, or is sent for everybody to read."""
    if settings.webhooks_inside:
        yield problem("live mode", "webhooks may go to private addresses", "Unset MEDSPA_WEBHOOKS_INSIDE.")
    if settings.sms == "inprocess":
        yield problem(
            "live mode", "the messenger for texts is the in-process one", "Set MEDSPA_SMS to a real one."
        )
    elif not _is_https(settings.sms_url):
        yield problem(
            "live mode",
            "the messenger for texts is not called over https",
            "Set MEDSPA_SMS_URL to the https:// address of the messenger.",
        )
    if settings.email == "inprocess":
        yield problem(
            "live mode", "the messenger for e-mail is the in-process one", "Set MEDSPA_EMAIL to smtp."
        )
    elif settings.smtp_security == "none":
        yield problem(
            "live mode",
            "the mail server is spoken to without TLS",
            "Set MEDSPA_SMTP_SECURITY to starttls or tls.",
        )


def _master_key(settings: Settings) -> Iterator[Finding]:
    path = settings.master_key_path.absolute()
    if _is_in_state(path, settings):
        yield problem(
            "live mode",
            f"the master key would be under {settings.home}, beside the data it protects",
            "Set MEDSPA_MASTER_KEY_FILE to a file elsewhere that backups of the state folder do not contain.",
        )
    elif not path.exists():
        yield problem(
            "live mode",
            f"there is no master key at {path}",
            "Restore it from its copy, or for a new practice: openssl rand -base64 32, mode 600.",
        )
    elif readable_by_others(path):
        yield problem("live mode", f"others may read the master key {path}", f"chmod 600 {path}")


def _audit_trail(settings: Settings) -> Iterator[Finding]:
    """Whoever can change the audit's rows in the state folder must not find there what proves them."""
    for what, path, name, remedy in (
        ("the audit signing key", settings.audit_key_path, "MEDSPA_AUDIT_KEY_FILE", "a file"),
        ("the audit anchors", settings.audit_anchor_folder, "MEDSPA_AUDIT_ANCHORS", "a folder"),
    ):
        if _is_in_state(path, settings):
            yield problem(
                "live mode",
                f"{what} would be under {settings.home}, beside the rows to be proved",
                f"Set {name} to {remedy} elsewhere, which those who reach the databases cannot change.",
            )


def _is_in_state(path: Path, settings: Settings) -> bool:
    """Links are followed: what counts is where the bytes lie. The servers' data is in there too."""
    return path.absolute().resolve().is_relative_to(settings.home.absolute().resolve())


def _is_https(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname)


def _durability(name: str, owner_dsn: str | None) -> Iterator[Finding]:
    if owner_dsn is None:
        return
    try:
        with psycopg.connect(owner_dsn, connect_timeout=CONNECT_TIMEOUT) as connection:
            row = connection.execute("select current_setting('fsync')").fetchone()
    except psycopg.OperationalError:
        return  # databases.check says so
    if row is None or row[0] != "on":
        yield problem(
            "live mode", f"the {name} server runs with fsync off", "Set fsync = on and restart the server."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
