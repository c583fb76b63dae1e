"""A landing process that stays: the start of Python and its libraries is paid once, not with every batch.

For what runs the pipeline again and again. It speaks the lines of pipelines.landing: orders in, answers out.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from medspa.kernel.settings import Settings
from pipelines.deidentify.tokens import TokenKeys
from pipelines.errors import LandingFailed
from pipelines.land.batch import Landed, Order, Report
from pipelines.landing import environment, order_line, read_answer, request_line

STOP_SECONDS = 30


class Resident:
    """A way to land for `run_pipeline(land=...)`. A process that died is started again with the next order.

    `asked` makes the line of an order; `environ` is the process's whole environment, this one's when None.
    """

    def __init__(
        self,
        command: Sequence[str],
        asked: Callable[[Order], str] = order_line,
        *,
        environ: Mapping[str, str] | None = None,
        report: Report = lambda _: None,
    ) -> None:
        self._command, self._asked, self._environ, self._report = command, asked, environ, report
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, order: Order) -> Landed:
        """Land one batch. Raises LandingFailed with its reason."""
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise LandingFailed("The landing process has no pipes.")
        try:
            process.stdin.write(self._asked(order) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.close()
            return read_answer("", process.returncode)
        return read_answer(answer, 0)

    def __enter__(self) -> Self:
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
                self._command,
                env=None if self._environ is None else dict(self._environ),
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


class ResidentLanding(Resident):
    """The landing process itself, for a caller that may ask for keys.

    `token_keys` is asked with each order, for organizations come: neither process keeps a key between orders.
    """

    def __init__(
        self, settings: Settings, token_keys: Callable[[], TokenKeys], report: Report = lambda _: None
    ) -> None:
        super().__init__(
            [sys.executable, "-m", "pipelines.landing"],
            lambda order: request_line(token_keys(), order),
            environ=environment(settings),
            report=report,
        )
