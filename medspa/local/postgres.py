"""One embedded PostgreSQL server: created, started, stopped. Roles and databases are made by roles.py.

The server listens on loopback TCP only, with scram-sha-256 for everybody, in a 0700 data folder that
belongs to the account running it. It outlives the process that started it and is found again by its
pid file.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from psycopg.conninfo import make_conninfo

from medspa.local import parameters
from medspa.local.accounts import ServerAccount
from medspa.local.binaries import SYSTEM_STATE, Programs, ServerProgramFailed
from medspa.local.files import PRIVATE_FOLDER, TRAVERSE_ONLY, make_folder, read_json, write_private_json

HOST = "127.0.0.1"
ADMIN = "postgres"
START_ATTEMPTS = 5
"""A free port can be taken between choosing and binding it, so a start is tried on several ports."""


class ClusterNotStarted(RuntimeError):
    """The server did not come up; the message carries the end of its start-up log."""


def new_password() -> str:
    return secrets.token_urlsafe(24)


@dataclass
class EmbeddedCluster:
    """A server named `name` ("operational", "warehouse") with its files under `folder`.

    `folder` holds `<name>.json` (port, place of the data) and, when the server's account can reach it,
    the data itself; otherwise the data lies under SYSTEM_STATE.
    """

    name: str
    folder: Path
    admin_password: str
    durable: bool = True

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self._account = ServerAccount.current()
        self._state_file = self.folder / f"{self.name}.json"

    @property
    def data(self) -> Path:
        recorded = read_json(self._state_file).get("data")
        return Path(recorded) if recorded else self._place()

    @property
    def port(self) -> int:
        """The port the server listens on, or listened on last. Raises ClusterNotStarted."""
        port = read_json(self._state_file).get("port")
        if port is None:
            raise ClusterNotStarted(f"The {self.name} server was never started in this state folder.")
        return int(port)

    @property
    def admin_dsn(self) -> str:
        return self.dsn(ADMIN, self.admin_password, "postgres")

    def dsn(self, user: str, password: str, database: str) -> str:
        """A libpq URL for one user and database of this server."""
        return f"postgresql://{user}:{password}@{HOST}:{self.port}/{database}"

    def conninfo(self, **parameters_: str) -> str:
        return make_conninfo(self.admin_dsn, **parameters_)

    def is_initialized(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def is_running(self) -> bool:
        return self._postmaster() is not None

    def ensure_running(self) -> None:
        """Create the data folder at first use and start the server if it is not running."""
        if not self.is_initialized():
            self._initialize()
        if not self.is_running():
            self._start()

    def restart(self) -> None:
        """Stop and start, keeping the port if it is still free."""
        self.stop()
        self._start()

    def stop(self, *, mode: str = "fast", timeout: int = 60) -> None:
        """Stop the server; `mode` is "fast" (roll back and disconnect) or "immediate" (like a crash)."""
        if not self.is_running():
            return
        programs = Programs.locate(self._account)
        arguments = ("stop", "-D", str(self.data), "-m", mode, "-w", "-t", str(timeout))
        programs.run("pg_ctl", *arguments, timeout=timeout + 30)

    def destroy(self) -> None:
        """Stop the server and delete its data. For clusters of tests."""
        self.stop(mode="immediate")
        shutil.rmtree(self.data, ignore_errors=True)
        self._state_file.unlink(missing_ok=True)
        if self.data.parent != self.folder:
            with contextlib.suppress(OSError):  # the other cluster's data may still be there
                self.data.parent.rmdir()

    def _place(self) -> Path:
        if self._account.can_pass(self.folder):
            return self.folder / self.name
        identity = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return SYSTEM_STATE / identity / self.name

    def _initialize(self) -> None:
        make_folder(self.folder, TRAVERSE_ONLY)
        data = self._place()
        if data.parent != self.folder:
            for missing in (data.parent.parent, data.parent):
                if not missing.is_dir():
                    make_folder(missing, TRAVERSE_ONLY)
        if data.exists():
            # An initdb that was killed; a folder with a finished cluster has PG_VERSION and never gets here.
            shutil.rmtree(data)
        make_folder(data, PRIVATE_FOLDER)
        self._account.take(data)
        password_file = data.parent / f".{self.name}.{secrets.token_hex(8)}"
        password_file.touch(mode=0o600)
        try:
            self._account.take(password_file)
            password_file.write_text(self.admin_password + "\n", encoding="utf-8")
            Programs.locate(self._account).run(
                "initdb",
                f"--pgdata={data}",
                f"--username={ADMIN}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                *([] if self.durable else ["--no-sync", "--set=scram_iterations=1"]),
            )
        except ServerProgramFailed:
            shutil.rmtree(data, ignore_errors=True)
            raise
        finally:
            password_file.unlink(missing_ok=True)
        with (data / "postgresql.conf").open("a", encoding="utf-8") as handle:
            handle.write("\ninclude 'medspa.conf'\n")
        write_private_json(self._state_file, {"data": str(data), "port": None})

    def _start(self) -> None:
        programs = Programs.locate(self._account)
        data = self.data
        log = data / "start.log"
        failure = ""
        for attempt in range(START_ATTEMPTS):
            recorded = read_json(self._state_file).get("port")
            port = int(recorded) if recorded and attempt == 0 and _is_free(int(recorded)) else _free_port()
            configuration = data / "medspa.conf"
            configuration.write_text(parameters.render(port, self.name, durable=self.durable), "utf-8")
            self._account.take(configuration)
            configuration.chmod(0o600)
            write_private_json(self._state_file, {"data": str(data), "port": port})
            log.unlink(missing_ok=True)
            try:
                programs.run("pg_ctl", "start", "-D", str(data), "-w", "-t", "60", "-l", str(log), timeout=90)
                return
            except ServerProgramFailed:
                failure = _tail(data, log)
                if "Address already in use" not in failure:
                    break
        raise ClusterNotStarted(f"The {self.name} server did not start. Its log in {data} ends:\n{failure}")

    def _postmaster(self) -> psutil.Process | None:
        """The server's process, when the pid file names one that is really this server."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            process = psutil.Process(int(lines[0]))
            # A pid is reused after a reboot: the start times must agree (the file has whole seconds).
            return process if abs(process.create_time() - int(lines[2])) < 5 else None
        except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
            return None

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL to all of its processes). For tests."""
        process = self._postmaster()
        if process is None:
            return
        family = [*process.children(recursive=True), process]
        for member in reversed(family):
            # One that has ended meanwhile, as children do without their server, needs no end.
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=10)
        time.sleep(0.1)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _tail(data: Path, log: Path) -> str:
    """The last lines the server wrote while starting, from before and after the log collector began."""
    collected = sorted((data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]
    lines: list[str] = []
    for path in (log, *collected):
        if path.exists():
            lines += path.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
    return "\n".join(lines)
