"""Keeps a group of processes running: starts them, restarts the dead with growing pauses, ends them together.

Knows nothing of what they do. The children stay in the supervisor's process group, so killing the group ends
all of them; if the supervisor alone is killed, the kernel tells its children (`die_with_parent`).
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

logger = logging.getLogger(__name__)

LOOP_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a child that lived this long starts again without a pause
GRACE_SECONDS = 15.0
PARENT_VARIABLE = "MOLVA_SUPERVISOR"
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process and what is known of its fate."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started: float = 0.0
    due: float = 0.0


class Supervisor:
    """A group of commands that must run until the supervisor is told to stop."""

    def __init__(self, commands: Mapping[str, list[str]], environ: Mapping[str, str] | None = None) -> None:
        self._children = [Child(name, command) for name, command in commands.items()]
        self._environ = {**os.environ, **(environ or {}), PARENT_VARIABLE: str(os.getpid())}
        self._stopping = threading.Event()

    def stop(self, *_: object) -> None:
        """Ask to stop; may be called from a signal handler."""
        self._stopping.set()

    def run(self, watch: Callable[[], bool] = lambda: True) -> None:
        """Start all and keep them until SIGTERM, SIGINT or `stop()`.

        `watch` is called in every round until it says True: the place to notice that all is ready.
        """
        before = {number: signal.signal(number, self.stop) for number in (signal.SIGTERM, signal.SIGINT)}
        is_watched = True
        try:
            while not self._stopping.is_set():
                for child in self._children:
                    self._keep(child)
                is_watched = is_watched and not watch()
                self._stopping.wait(LOOP_SECONDS)
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _keep(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return
            child.process = None
            child.failures = 1 if now - child.started > STEADY_SECONDS else child.failures + 1
            pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (child.failures - 1))
            child.due = now + pause
            logger.error("process ended name=%s code=%d again_in=%.2f", child.name, code, pause)
        elif now >= child.due:
            child.started = now
            child.process = subprocess.Popen(child.command, env=self._environ)  # noqa: S603 - our own commands

    def _end(self) -> None:
        running = [child for child in self._children if child.process is not None]
        for child in running:
            _tell(child, signal.SIGTERM)
        limit = time.monotonic() + GRACE_SECONDS
        for child in running:
            process = child.process
            assert process is not None  # noqa: S101 - chosen above
            try:
                process.wait(max(0.0, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.error("process killed name=%s", child.name)
                _tell(child, signal.SIGKILL)
                process.wait()


def _tell(child: Child, number: signal.Signals) -> None:
    if child.process is not None and child.process.poll() is None:
        child.process.send_signal(number)


def is_supervised() -> bool:
    """Whether this process was started by a supervisor."""
    return PARENT_VARIABLE in os.environ


def die_with_parent(parent: int | None = None) -> None:
    """In a child: be told to stop when the parent dies in any way. Without a supervisor it does nothing.

    `parent` is the process that started this one; the supervisor itself when not given.
    """
    if not is_supervised() or sys.platform != "linux":
        return
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl C reaches the whole group; the supervisor passes it on
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != (parent or int(os.environ[PARENT_VARIABLE])):  # it died before the line above
        sys.exit(1)
