"""What every source file owes its reader, and what no tracked file may contain."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE_LIMIT = 300
SQL_LIMIT = 120
GENERATED = ("migrations/versions/",)

# Written in two parts, so that this file does not contain what it looks for.
FOREIGN = re.compile("|".join(("/ro" + "ot/", "/ho" + "me/[a-z]", "py" + r"pi\.org", "python" + "hosted")))


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_module_says_what_belongs_in_it() -> None:
    silent = [
        _name(path)
        for path in tracked("*.py")
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


@pytest.mark.parametrize(("pattern", "limit"), [("*.py", MODULE_LIMIT), ("*.sql", SQL_LIMIT)])
def test_no_file_outgrows_its_limit(pattern: str, limit: int) -> None:
    too_long = {
        _name(path): lines
        for path in tracked(pattern)
        if (lines := len(path.read_text().splitlines())) > limit
        and not any(part in _name(path) for part in GENERATED)
    }
    assert too_long == {}


def test_nothing_names_a_machine_path_or_a_package_host() -> None:
    found = [
        f"{_name(path)}:{number}"
        for path in tracked(".")
        if path.suffix not in {".png", ".ico", ".woff2", ".parquet"}
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []


def test_every_direct_requirement_is_pinned_and_locked_with_hashes() -> None:
    direct = [
        line.strip()
        for line in (ROOT / "requirements.in").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    locked = (ROOT / "requirements.lock").read_text()
    assert [line for line in direct if "==" not in line] == []
    assert [line for line in direct if not re.search(rf"^{_unextended(line)}\b", locked, re.MULTILINE)] == []
    packages = re.findall(
        r"^[a-z0-9].*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", locked, re.MULTILINE
    )
    assert len(packages) == len(re.findall(r"^[a-z0-9]", locked, re.MULTILINE))


def _unextended(requirement: str) -> str:
    return re.escape(re.sub(r"\[.*\]", "", requirement))
