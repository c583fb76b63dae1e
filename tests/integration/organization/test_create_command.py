"""`medspa org create`: an organization whose owner can start at once."""

from __future__ import annotations

import json

import pytest

from medspa.cli.main import run
from tests.conftest import MakeSettings
from tests.support.api import client_of
from tests.support.databases import Database


def _create(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *options: str
) -> tuple[int, str]:
    arguments = [
        "medspa",
        "org",
        "create",
        "--name",
        "Fresh",
        "--slug",
        "fresh",
        "--owner-email",
        "o@fresh.example",
    ]
    monkeypatch.setattr("sys.argv", [*arguments, *options])
    with pytest.raises(SystemExit) as ended:
        run()
    return int(ended.value.code or 0), capsys.readouterr().out


def test_the_owner_can_sign_in_and_the_key_works(
    operational: Database,
    make_settings: MakeSettings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MEDSPA_OPERATIONAL_OWNER_DSN", operational.dsn("owner"))
    code, printed = _create(capsys, monkeypatch, "--json")
    made = json.loads(printed)
    assert code == 0
    with client_of(make_settings(operational)) as api:
        headers = {"Authorization": f"Bearer {made['api_key']}"}
        assert api.get("/v1/organization", headers=headers).json()["org_id"] == made["organization_id"]
        body = {"email": "o@fresh.example", "password": made["password"]}
        assert api.post("/v1/session", json=body).json()["staff_id"] == made["owner_id"]
    assert _create(capsys, monkeypatch)[0] == 1
