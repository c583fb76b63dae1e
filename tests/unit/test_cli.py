"""The command line as a process: commands are found by file name, exit codes are 0, 1 and 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medspa.cli import commands

BIN = Path(sys.executable).parent


def medspa(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "medspa"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "MEDSPA_HOME": str(home / "var"), "COLUMNS": "100", **variables},
    )


def test_every_command_module_is_a_command_with_help(tmp_path: Path) -> None:
    listed = medspa("--help", home=tmp_path)
    assert listed.returncode == 0
    modules = [path.stem for path in Path(commands.__path__[0]).glob("*.py") if path.stem != "__init__"]
    assert {"doctor", "up", "down"} <= set(modules)
    missing = [name for name in modules if f"\n  {name.rstrip('_').replace('_', '-')} " not in listed.stdout]
    assert missing == []


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["doctor", "--no-such-option"], ["down", "extra"]]
)
def test_wrong_usage_exits_with_2(tmp_path: Path, arguments: list[str]) -> None:
    assert medspa(*arguments, home=tmp_path).returncode == 2


def test_doctor_prints_json_for_programs(tmp_path: Path) -> None:
    done = medspa("doctor", "--json", home=tmp_path, MEDSPA_PORT="0", MEDSPA_DAGSTER_PORT="0")
    findings = json.loads(done.stdout)
    assert done.returncode == 0
    assert {"level", "subject", "seen", "remedy"} == set(findings[0])


def test_doctor_exits_with_1_and_a_remedy_when_something_is_wrong(tmp_path: Path) -> None:
    done = medspa("doctor", home=tmp_path, MEDSPA_MODE="live", MEDSPA_PORT="0")
    assert done.returncode == 1
    assert "PROBLEM  live mode: the public URL is not https" in done.stdout
    assert "→ Set MEDSPA_PUBLIC_URL" in done.stdout


def test_down_with_nothing_running_says_so(tmp_path: Path) -> None:
    done = medspa("down", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Nothing was running.\n")


def test_a_damaged_state_file_is_a_sentence_not_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secrets.json").write_text("{")
    done = medspa("down", home=tmp_path)
    assert done.returncode == 1
    assert "restore it or remove it" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_module_runs_like_the_script(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "medspa", "--help"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0
    assert "doctor" in done.stdout
