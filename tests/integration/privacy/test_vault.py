"""The vault by attack: wrong client, organization, purpose, key; shredding; keys that were rolled back."""

from __future__ import annotations

import stat
import threading
import uuid
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from medspa.kernel.database import bind_organization, new_session
from medspa.kernel.ids import new_id
from operational.privacy.errors import KeyDestroyed, SealedElsewhere, VaultUnavailable
from operational.privacy.key_files import KeyFileUnusable, make_key, read_key
from operational.privacy.token_keys import detoken, export_token_keys, token_of
from operational.privacy.vault import MasterKey, Vault, load_master_key
from tests.conftest import MakeSettings
from tests.factories.practice import Practice, make_client, make_practice
from tests.support.databases import Database

SECRET = "Patientin klagt über Schmerz \N{PILE OF POO}".encode()


@pytest.fixture
def practice(operational: Database) -> Practice:
    return make_practice(operational)


@pytest.fixture
def vault() -> Vault:
    return Vault(b"m" * 32)


def sealed(database: Database, practice: Practice, vault: Vault, client_id: uuid.UUID | None = None) -> bytes:
    with database.session("app", practice.org_id) as session:
        return vault.seal(session, client_id or practice.client_id, SECRET, purpose="note")


def test_what_was_sealed_opens_in_another_process(
    operational: Database, practice: Practice, vault: Vault
) -> None:
    box = sealed(operational, practice, vault)
    assert SECRET not in box
    with operational.session("app", practice.org_id) as session:
        assert Vault(b"m" * 32).unseal(session, practice.client_id, box, purpose="note") == SECRET


def test_the_same_text_never_looks_the_same(operational: Database, practice: Practice, vault: Vault) -> None:
    assert sealed(operational, practice, vault) != sealed(operational, practice, vault)


def test_another_client_organization_or_purpose_does_not_open(
    operational: Database, practice: Practice, vault: Vault
) -> None:
    other_client = make_client(operational, practice.org_id, "Other")
    second = make_practice(operational, "second")
    box = sealed(operational, practice, vault)
    sealed(operational, practice, vault, other_client)
    sealed(operational, second, vault)
    with operational.session("app", practice.org_id) as session:
        with pytest.raises(SealedElsewhere):
            vault.unseal(session, other_client, box, purpose="note")
        with pytest.raises(SealedElsewhere):
            vault.unseal(session, practice.client_id, box, purpose="signature")
        with pytest.raises(SealedElsewhere):
            vault.unseal(session, practice.client_id, box[:-1] + bytes([box[-1] ^ 1]), purpose="note")
        with pytest.raises(SealedElsewhere):
            vault.unseal(session, practice.client_id, b"", purpose="note")
    with operational.session("app", second.org_id) as session, pytest.raises(SealedElsewhere):
        vault.unseal(session, practice.client_id, box, purpose="note")


def test_another_master_key_is_told_apart(operational: Database, practice: Practice, vault: Vault) -> None:
    box = sealed(operational, practice, vault)
    with operational.session("app", practice.org_id) as session, pytest.raises(VaultUnavailable):
        Vault(b"x" * 32).unseal(session, practice.client_id, box, purpose="note")


def test_destroying_a_key_shreds_that_client_only(
    operational: Database, practice: Practice, vault: Vault
) -> None:
    other_client = make_client(operational, practice.org_id, "Other")
    gone, kept = sealed(operational, practice, vault), sealed(operational, practice, vault, other_client)
    with operational.session("app", practice.org_id) as session:
        vault.destroy_client_key(session, practice.client_id)
    with operational.session("app", practice.org_id) as session:
        assert vault.unseal(session, other_client, kept, purpose="note") == SECRET
        with pytest.raises(KeyDestroyed):
            vault.unseal(session, practice.client_id, gone, purpose="note")
        with pytest.raises(KeyDestroyed):
            vault.seal(session, practice.client_id, SECRET)
    with operational.session("admin") as session:
        left = session.execute(text("select count(*) from vault.data_key where wrapped is not null")).scalar()
        assert left == 1


def test_a_key_that_was_rolled_back_is_never_used_again(
    operational: Database, practice: Practice, vault: Vault
) -> None:
    with new_session(operational.engine("app")) as session:
        bind_organization(session, practice.org_id)
        vault.seal(session, practice.client_id, SECRET)
        session.rollback()
        box = vault.seal(session, practice.client_id, SECRET)
        session.commit()
    with operational.session("app", practice.org_id) as session:
        assert Vault(b"m" * 32).unseal(session, practice.client_id, box) == SECRET


def test_a_key_of_a_rolled_back_savepoint_is_never_used_again(
    operational: Database, practice: Practice, vault: Vault
) -> None:
    with operational.session("app", practice.org_id) as session:
        with session.begin_nested() as nested:
            vault.seal(session, practice.client_id, SECRET)
            vault.seal(session, practice.client_id, SECRET)
            nested.rollback()
        box = vault.seal(session, practice.client_id, SECRET)
    with operational.session("app", practice.org_id) as session:
        assert Vault(b"m" * 32).unseal(session, practice.client_id, box) == SECRET


def test_two_desks_make_one_key(operational: Database, practice: Practice, vault: Vault) -> None:
    barrier = threading.Barrier(6)
    boxes: list[bytes] = []

    def desk() -> None:
        own = Vault(b"m" * 32)
        barrier.wait()
        boxes.append(sealed(operational, practice, own))

    threads = [threading.Thread(target=desk) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with operational.session("app", practice.org_id) as session:
        opened = [vault.unseal(session, practice.client_id, box, purpose="note") for box in boxes]
    assert opened == [SECRET] * 6


def test_the_organizations_own_secrets(operational: Database, practice: Practice, vault: Vault) -> None:
    second = make_practice(operational, "second")
    with operational.session("app", practice.org_id) as session:
        box = vault.seal_for_organization(session, SECRET, purpose="totp")
        assert vault.unseal_for_organization(session, box, purpose="totp") == SECRET
    with operational.session("app", second.org_id) as session, pytest.raises(SealedElsewhere):
        vault.unseal_for_organization(session, box, purpose="totp")


@pytest.mark.parametrize("role", ["app", "extract", "publish", "maintenance", "backup"])
def test_no_role_reads_the_wrapped_keys_as_a_table(operational: Database, role: str) -> None:
    connection = operational.connect(role, autocommit=True)
    for table in ("organization_key", "data_key", "token_key"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"select * from vault.{table}".encode())


@pytest.mark.parametrize("role", ["extract", "publish", "backup"])
def test_no_other_role_gets_a_key_from_the_functions(operational: Database, role: str) -> None:
    connection = operational.connect(role, autocommit=True)
    for call in ("organization_key(null)", "token_key(null)", "organizations()"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"select vault.{call}".encode())


def test_token_keys_are_made_once_and_permute(operational: Database, make_settings: MakeSettings) -> None:
    settings = make_settings(operational)
    first, second = make_practice(operational), make_practice(operational, "second")
    keys = export_token_keys(settings)
    assert set(keys) == {first.org_id, second.org_id}
    assert export_token_keys(settings) == keys
    assert keys[first.org_id].generation == 1
    assert len({keys[first.org_id].key, keys[second.org_id].key}) == 2
    vault = Vault(load_master_key(settings))
    row_id = new_id()
    with operational.session("app", first.org_id) as session:
        token = token_of(session, vault, row_id)
        assert token != row_id
        assert detoken(session, vault, token) == row_id
    with operational.session("app", second.org_id) as session:
        assert token_of(session, vault, row_id) != token
        assert detoken(session, vault, token) != row_id


def test_the_master_key_file_is_private_made_once_and_required_in_live_mode(
    operational: Database, make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings(operational)
    key = load_master_key(settings)
    assert load_master_key(settings) == key
    assert stat.S_IMODE(settings.master_key_path.stat().st_mode) == 0o600
    settings.master_key_path.chmod(0o640)
    with pytest.raises(VaultUnavailable) as caught:
        load_master_key(settings)
    assert "chmod 600" in caught.value.detail
    live = make_settings(operational, mode="live", master_key_file=tmp_path / "elsewhere.key")
    with pytest.raises(VaultUnavailable) as caught:
        load_master_key(live)
    assert "cannot be read" in caught.value.detail
    assert not (tmp_path / "elsewhere.key").exists()


def test_a_damaged_key_file_is_named_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text("not a key, but secret all the same")
    path.chmod(0o600)
    with pytest.raises(KeyFileUnusable) as caught:
        read_key(path)
    assert "secret" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)
    keys: list[bytes] = []

    def start() -> None:
        barrier.wait()
        keys.append(make_key(tmp_path / "secrets" / "master.key"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert [p.name for p in (tmp_path / "secrets").iterdir()] == ["master.key"]


def test_keys_do_not_show_in_representations() -> None:
    assert "mmm" not in repr(Vault(b"m" * 32)) + repr(MasterKey(b"m" * 32))
