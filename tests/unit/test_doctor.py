"""What each mode refuses, what the doctor says about a machine, and that every remedy is a sentence."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from medspa.kernel import clock
from medspa.kernel.settings import Settings
from medspa.local.doctor import live, machine, state
from medspa.local.doctor.finding import Finding, Level
from medspa.local.files import write_private


def _settings(home: Path, **overrides: Any) -> Settings:
    return Settings(home=home, **overrides)


@pytest.fixture
def live_settings(tmp_path: Path) -> Settings:
    """A live environment as it should be, as far as no database is asked."""
    home, keys = tmp_path / "var", tmp_path / "keys"
    home.mkdir(mode=0o711)
    keys.mkdir()
    write_private(keys / "master.key", "0" * 64)
    return _settings(
        home,
        mode="live",
        public_url="https://practice.example",
        processor="stripe",
        sms="twilio",
        email="smtp",
        master_key_file=keys / "master.key",
        audit_key_file=keys / "audit-signing.key",
        audit_anchors=tmp_path / "anchors",
    )


def _seen(findings: Iterable[Finding]) -> list[str]:
    return [finding.seen for finding in findings if finding.level is Level.PROBLEM]


def test_a_right_live_environment_is_not_refused(live_settings: Settings) -> None:
    assert list(live.refusals(live_settings)) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"processor": "inprocess"}, "the card processor is the in-process one"),
        ({"sms": "inprocess"}, "the messenger for texts is the in-process one"),
        ({"sms_url": "http://texts.example"}, "the messenger for texts is not called over https"),
        ({"email": "inprocess"}, "the messenger for e-mail is the in-process one"),
        ({"webhooks_inside": True}, "webhooks may go to private addresses"),
        ({"smtp_security": "none"}, "the mail server is spoken to without TLS"),
        ({"public_url": "http://practice.example"}, "the public URL is not https"),
        ({"public_url": ""}, "the public URL is not https"),
        ({"master_key_file": None}, "the master key would be under"),
    ],
)
def test_live_mode_refuses_and_says_which(
    live_settings: Settings, change: dict[str, Any], reason: str
) -> None:
    refused = _seen(live.refusals(live_settings.model_copy(update=change)))
    assert len(refused) == 1
    assert reason in refused[0]


@pytest.mark.parametrize(
    ("name", "place", "setting"),
    [
        ("audit_key_file", None, "MEDSPA_AUDIT_KEY_FILE"),
        ("audit_key_file", "operational/data/audit.key", "MEDSPA_AUDIT_KEY_FILE"),
        ("audit_anchors", None, "MEDSPA_AUDIT_ANCHORS"),
        ("audit_anchors", "warehouse/anchors", "MEDSPA_AUDIT_ANCHORS"),
        ("audit_anchors", "../var/anchors", "MEDSPA_AUDIT_ANCHORS"),
        ("audit_anchors", "LINK", "MEDSPA_AUDIT_ANCHORS"),
    ],
)
def test_live_mode_keeps_the_proof_of_the_audit_apart_and_names_the_setting(
    live_settings: Settings, tmp_path: Path, name: str, place: str | None, setting: str
) -> None:
    path = live_settings.home / place if place else None
    if place == "LINK":
        (live_settings.home / "inside").mkdir()
        path = tmp_path / "outside"
        path.symlink_to(live_settings.home / "inside")
    wrong = live_settings.model_copy(update={name: path})
    (finding,) = [one for one in live.refusals(wrong) if one.level is Level.PROBLEM]
    assert setting in finding.remedy
    with pytest.raises(live.ModeRefused, match=setting):
        live.require_allowed(wrong)


@pytest.mark.parametrize("url", ["http://processor.example", "processor.example", "https://", "", "ftp://x"])
def test_live_mode_calls_the_processor_over_https(live_settings: Settings, url: str) -> None:
    with pytest.raises(live.ModeRefused, match="MEDSPA_PROCESSOR_URL"):
        live.require_allowed(live_settings.model_copy(update={"processor_url": url}))


@pytest.mark.parametrize("name", ["audit_key_file", "processor_key_file", "processor_events_file"])
def test_live_mode_refuses_every_secret_that_others_may_read(
    live_settings: Settings, tmp_path: Path, name: str
) -> None:
    secret = tmp_path / "keys" / "another"
    write_private(secret, "secret")
    held = live_settings.model_copy(update={name: secret})
    assert list(live.refusals(held)) == []
    secret.chmod(0o644)
    assert _seen(live.refusals(held)) == ["others may read this secret"]


def test_live_mode_refuses_a_simulated_clock(live_settings: Settings) -> None:
    with clock.frozen(datetime(2030, 1, 1, tzinfo=UTC)):
        assert _seen(live.refusals(live_settings)) == ["the clock is simulated"]


def test_live_mode_refuses_a_missing_or_public_master_key(live_settings: Settings) -> None:
    key = live_settings.master_key_path
    key.chmod(0o644)
    assert _seen(live.refusals(live_settings))[0] == f"others may read the master key {key}"
    key.unlink()
    assert _seen(live.refusals(live_settings)) == [f"there is no master key at {key}"]


def test_live_mode_refuses_secrets_that_others_may_read(live_settings: Settings) -> None:
    secrets = live_settings.home / "secrets.json"
    write_private(secrets, "{}")
    assert list(live.refusals(live_settings)) == []
    secrets.chmod(0o640)
    assert _seen(live.refusals(live_settings)) == ["others may read this secret"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", "practice.example", "::"])
def test_a_demo_is_served_on_loopback_only(tmp_path: Path, host: str) -> None:
    assert _seen(live.refusals(_settings(tmp_path, host=host))) == [f"would listen on {host}"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_demo_on_loopback_is_not_refused(tmp_path: Path, host: str) -> None:
    assert list(live.refusals(_settings(tmp_path, host=host))) == []


def test_a_port_in_use_is_a_problem_when_it_was_chosen_and_a_warning_otherwise(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        chosen = _by_subject(machine.check(_settings(tmp_path, port=port)), f"port {port}")
        by_default = Settings.model_construct(_fields_set=set(), home=tmp_path, port=port)
        warned = _by_subject(machine.check(by_default), f"port {port}")
    assert chosen.level is Level.PROBLEM
    assert "MEDSPA_PORT" in chosen.remedy
    assert warned.level is Level.WARNING


def test_the_machine_that_runs_the_tests_is_in_order(tmp_path: Path) -> None:
    findings = list(machine.check(_settings(tmp_path, port=0, dagster_port=0)))
    assert [finding for finding in findings if finding.level is not Level.OK] == []
    assert {"Python", "packages", "PostgreSQL programs", "disk", "time zones"} <= {
        finding.subject for finding in findings
    }


def test_an_open_state_folder_is_a_problem_with_its_remedy(tmp_path: Path) -> None:
    home = tmp_path / "var"
    home.mkdir()
    home.chmod(0o755)
    found = _by_subject(state.check(_settings(home)), "state folder")
    assert found.level is Level.PROBLEM
    assert found.remedy == f"chmod 711 {home}"


def test_a_damaged_state_file_is_named_and_not_shown(tmp_path: Path) -> None:
    home = tmp_path / "var"
    home.mkdir(mode=0o711)
    write_private(home / "secrets.json", '{"operational": {"app": "hunter2"')
    findings = list(state.check(_settings(home)))
    assert _seen(findings) == ["a state file is damaged"]
    assert not any("hunter2" in finding.seen + finding.remedy for finding in findings)


def _by_subject(findings: Iterable[Finding], subject: str) -> Finding:
    return next(finding for finding in findings if finding.subject == subject)
