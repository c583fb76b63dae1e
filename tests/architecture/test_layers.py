"""Every import contract breaks when the import it forbids is planted in a copy of the tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES: list[str] = CONFIGURATION["root_packages"]

PLANTS = {
    "kernel": ("medspa/kernel/planted.py", "import operational"),
    "ui": ("medspa/ui/planted.py", "import fastapi"),
    "composition-root": ("reporting_api/planted.py", "import medspa.local.environment"),
    "identity-stays": ("segments/planted.py", "import operational.models"),
    "operational": ("operational/planted.py", "import pipelines"),
    "pipelines": ("pipelines/planted.py", "import operational.migrations.runner"),
    "dagster": ("pipelines/planted.py", "import dagster"),
    "great-expectations": ("exports/planted.py", "import great_expectations"),
    "fastapi": ("medspa/local/planted.py", "from fastapi import FastAPI"),
}

INDIRECT = {
    "identity-stays": (
        ("reporting_api/planted.py", "import pipelines.between"),
        ("pipelines/between.py", "import operational.models"),
    ),
}
"""Contracts that must also see an import that goes through a third module."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and the configuration, to plant files in."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, copy / package, ignore=lambda _, names: [n for n in names if not _is_source(n)]
        )
    return copy


def _is_source(name: str) -> bool:
    return name != "__pycache__" and ("." not in name or name.endswith(".py"))


def _lint(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Run lint-imports on the copy: its folder comes first on the path, before the installed packages."""
    program = (
        f"import sys; sys.path.insert(0, {str(tree)!r}); from importlinter.cli import lint_imports_command; "
    )
    arguments = ["--no-cache", "--no-logo", "--contract", contract]
    return subprocess.run(
        [sys.executable, "-c", f"{program} sys.exit(lint_imports_command({arguments!r}))"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_contract_has_a_planted_import() -> None:
    assert set(PLANTS) == {contract["id"] for contract in CONFIGURATION["contracts"]}


@pytest.mark.parametrize("contract", sorted(PLANTS))
def test_a_planted_import_breaks_its_contract(tree: Path, contract: str) -> None:
    before = _lint(tree, contract)
    assert before.returncode == 0, before.stdout + before.stderr

    name, statement = PLANTS[contract]
    planted = tree / name
    planted.write_text(statement + "\n")
    try:
        after = _lint(tree, contract)
    finally:
        planted.unlink()

    assert after.returncode == 1, after.stdout + after.stderr
    assert "BROKEN" in after.stdout
    assert "planted" in after.stdout


@pytest.mark.parametrize("contract", sorted(INDIRECT))
def test_an_import_through_a_third_module_breaks_it_too(tree: Path, contract: str) -> None:
    planted = [tree / name for name, _ in INDIRECT[contract]]
    for path, (_, statement) in zip(planted, INDIRECT[contract], strict=True):
        path.write_text(statement + "\n")
    try:
        after = _lint(tree, contract)
    finally:
        for path in planted:
            path.unlink()

    assert after.returncode == 1, after.stdout + after.stderr
    assert "between" in after.stdout
