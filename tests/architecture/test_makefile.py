"""The commands that the documents promise exist and say what they do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROMISED = {"help", "demo", "up", "down", "test", "check", "bench"}


def test_make_help_lists_every_promised_target_with_a_sentence() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    described = dict(re.findall(r"^  make (\w+) +(\S.*)$", listed, re.MULTILINE))
    assert set(described) >= PROMISED


def test_plain_make_shows_the_help() -> None:
    plain = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "make demo" in plain


def test_documents_name_only_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for document in ("README.md", "CONTRIBUTING.md")
        for target in re.findall(r"(?:`|^)make ([a-z]+)", (ROOT / document).read_text(), re.MULTILINE)
    }
    assert named
    assert named <= targets
