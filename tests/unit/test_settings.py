"""What settings say of themselves, and where the state is."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspa.kernel.settings import SettingMissing, Settings

DSN = "postgresql://medspa_app:a-password@127.0.0.1/medspa"


def test_no_connection_is_in_a_representation() -> None:
    settings = Settings(operational={"app": DSN}, warehouse={"load": DSN})
    assert "a-password" not in repr(settings) + str(settings)
    assert settings.operational_dsn("app") == DSN


def test_the_state_folder_is_the_same_from_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEDSPA_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert Settings().home == tmp_path / "var"
    assert Settings().lake == str(tmp_path / "var" / "lake")
    assert Settings(home=Path("state")).home == tmp_path / "state"


def test_a_connection_that_is_not_known_says_which_setting_to_give() -> None:
    with pytest.raises(SettingMissing) as caught:
        Settings().warehouse_dsn("build")
    assert "MEDSPA_WAREHOUSE_BUILD_DSN" in caught.value.detail
