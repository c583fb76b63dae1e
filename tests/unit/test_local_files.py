"""State files: private from the first byte, replaced whole, locked against each other."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from medspa.local.accounts import ServerAccount
from medspa.local.files import (
    UnreadableState,
    exclusive,
    make_folder,
    read_json,
    readable_by_others,
    write_private,
    write_private_json,
)


def test_a_private_file_replaces_an_open_one(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    assert readable_by_others(path)

    write_private(path, "new")

    assert path.read_text() == "new"
    assert not readable_by_others(path)
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


def test_a_failed_write_keeps_the_old_content_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_private(path, "old")

    with pytest.raises(UnicodeEncodeError):
        write_private(path, "\ud800")

    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("content", ["{", "[]", "nonsense", '"text"'])
def test_a_damaged_file_is_named_but_its_content_is_not_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(UnreadableState, match=r"state\.json") as caught:
        read_json(path)
    assert "nonsense" not in str(caught.value)


def test_an_absent_file_reads_as_empty_and_a_written_one_as_itself(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert read_json(path) == {}
    write_private_json(path, {"port": 1})
    assert read_json(path) == {"port": 1}


def test_a_folder_gets_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    assert stat.S_IMODE(make_folder(tmp_path / "a" / "b", 0o711).stat().st_mode) == 0o711


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    seen: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with exclusive(lock):
            seen.append("first")
            inside.set()
            leave.wait(5)
            seen.append("first leaves")

    def follow() -> None:
        with exclusive(lock):
            seen.append("second")

    holder, follower = threading.Thread(target=hold), threading.Thread(target=follow)
    holder.start()
    inside.wait(5)
    follower.start()
    follower.join(0.2)
    leave.set()
    holder.join(5)
    follower.join(5)

    assert seen == ["first", "first leaves", "second"]


def test_a_closed_parent_is_seen_as_impassable_for_another_account(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "inside").mkdir(parents=True)
    closed.chmod(0o700)
    stranger = ServerAccount(uid=2**31 - 7, gid=2**31 - 7, groups=frozenset(), switched=True)
    owner = ServerAccount(
        uid=closed.stat().st_uid, gid=closed.stat().st_gid, groups=frozenset(), switched=False
    )

    assert not stranger.can_pass(closed / "inside")
    assert owner.can_pass(closed / "inside")
