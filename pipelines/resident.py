"""A landing process that stays: the start of Python and its libraries is paid once, not with every batch.

For what runs the pipeline again and again. It speaks the lines of pipelines.landing: orders in, answers out.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from medspa.kernel.settings import Settings
from pipelines.deidentify.tokens import TokenKeys
from pipelines.errors import LandingFailed
from pipelines.land.batch import Landed, Order, Report
from pipelines.landing import environment, read_answer, request_line

STOP_SECONDS = 30


class ResidentLanding:
    """A way to land for `run_pipeline(land=...)`. A process that died is started again with the next order.

    `token_keys` is asked with each order, for organizations come: the process keeps no key between orders.
    """

    def __init__(
        self, settings: Settings, token_keys: Callable[[], TokenKeys], report: Report = lambda _: None
    ) -> None:
        self._settings, self._token_keys, self._report = settings, token_keys, report
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, order: Order) -> Landed:
        """Land one batch. Raises LandingFailed with its reason."""
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise LandingFailed("The landing process has no pipes.")
        try:
            process.stdin.write(request_line(self._token_keys(), order) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.close()
            return read_answer("", process.returncode)
        return read_answer(answer, 0)

    def __enter__(self) -> ResidentLanding:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process: it stops when nothing more can be asked."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.landing"],
                env=environment(self._settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            threading.Thread(target=self._tell, args=(self._process,), daemon=True).start()
        return self._process

    def _tell(self, process: subprocess.Popen[str]) -> None:
        """Progress comes on standard error; unread, it would stop the process."""
        if process.stderr is not None:
            with process.stderr:
                for line in process.stderr:
                    self._report(line.rstrip())
