"""The processes of Molva and the group that `molva serve` keeps; Django is imported only where needed."""

import fcntl
import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from molva.config import settings
from molva.config.supervisor import Supervisor, die_with_parent, is_supervised

logger = logging.getLogger(__name__)

SETTINGS = "molva.config.settings"
READY_SECONDS = 60.0
LOOK_SECONDS = 0.2


def run_web() -> None:
    """The pages and the API: granian with a pool of threads, until SIGTERM."""
    die_with_parent()
    from granian import Granian  # noqa: PLC0415 - the other processes do without it
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    host, port = split_bind(settings.MOLVA_WEB_BIND)
    Granian(
        "molva.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.MOLVA_WEB_PROCESSES,
        blocking_threads=settings.MOLVA_WEB_THREADS,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=8,
        process_name=None,
    ).serve()


def run_tracker() -> None:
    """The redirect, until SIGTERM."""
    die_with_parent()
    logging.basicConfig(level=settings.MOLVA_LOG_LEVEL, format=settings.LOG_LINE)
    from molva.tracker.process import run  # noqa: PLC0415 - uvloop and httptools are of no use elsewhere
    from molva.tracker.settings import settings_from_env  # noqa: PLC0415

    wait_until_prepared()
    run(settings_from_env(os.environ))


def run_worker() -> None:
    """Jobs and schedules, until SIGTERM."""
    die_with_parent()
    start_django()
    from molva.config.timetable import TIMETABLE  # noqa: PLC0415 - needs the registry
    from molva.jobs.worker import Worker  # noqa: PLC0415
    from molva.workspaces.scoping import scope  # noqa: PLC0415

    worker = Worker(scope=scope, timetable=TIMETABLE, threads=settings.MOLVA_WORKER_THREADS)
    wait_until_prepared()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    is_clean = worker.run()
    logging.shutdown()
    # A job that did not end in time is given back; its thread must not hold the process, nor end its
    # transaction.
    os._exit(0 if is_clean else 1)


def run_loader() -> None:
    """Loading of this machine's clicks, until SIGTERM."""
    die_with_parent()
    start_django()
    from molva.config.loading import Loader  # noqa: PLC0415 - needs the registry

    wait_until_prepared()
    Loader().run()


def start_django() -> None:
    """Make models importable."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django  # noqa: PLC0415 - `molva simulate` and the supervisor do without it

    django.setup()


def command(*words: str) -> list[str]:
    """The command line of another Molva command, with this very interpreter."""
    return [sys.executable, "-m", "molva", *words]


def serve() -> None:
    """Prepare, and keep web, tracker and worker until SIGTERM."""
    logging.basicConfig(level=settings.MOLVA_LOG_LEVEL, format=settings.LOG_LINE)
    run_group({}, announce=say_ready)


def run_group(more: Mapping[str, list[str]], *, announce: Callable[[str | None], bool]) -> None:
    """Keep web, tracker, worker and `more` until told to stop; exits with 1 when the data cannot be prepared.

    `announce` is called with the first owner's token when all is ready (or a minute has passed without that), and
    again in each round until it says True.
    """
    commands = {name: command(name) for name in ("web", "tracker", "worker")}
    with only_one():
        for bind in (settings.MOLVA_WEB_BIND, settings.MOLVA_TRACKER_BIND):
            refuse_taken_port(bind)
        preparation = Preparation()
        group = Supervisor({**more, **commands})
        group.run(_start_watch(preparation, group, announce))
    if preparation.has_failed:
        sys.exit(1)


def _start_watch(
    preparation: "Preparation", group: Supervisor, announce: Callable[[str | None], bool]
) -> Callable[[], bool]:
    give_up = time.monotonic() + READY_SECONDS
    is_over = False
    next_look = 0.0

    def watch() -> bool:
        nonlocal is_over, next_look
        if not preparation.is_over():
            return False
        if preparation.has_failed:
            group.stop()
            return True
        now = time.monotonic()
        if not is_over and now >= next_look:
            is_over = is_ready() or now > give_up
            next_look = now + LOOK_SECONDS
        return is_over and announce(preparation.token)

    return watch


class Preparation:
    """`molva.config.setup` at work in a process of its own, while the others are loading already.

    They wait for its end (`wait_until_prepared`) before they touch the data.
    """

    def __init__(self) -> None:
        self.token: str | None = None
        self.has_failed = False
        self._lock = _lock_file().open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._process: subprocess.Popen[bytes] | None = _start_setup()

    def is_over(self) -> bool:
        """Whether it has ended; what it has told is known then, and the others may go on."""
        if self._process is None:
            return True
        if self._process.poll() is None:
            return False
        self.has_failed = self._process.returncode != 0
        told, _ = self._process.communicate()
        self._process = None
        if not self.has_failed:
            self.token = _token_of(told)
            self._lock.close()
        return True


def wait_until_prepared() -> None:
    """In a child of `serve`: go on when the data has been brought up to this version."""
    if is_supervised():
        with _lock_file().open("a") as file:
            fcntl.flock(file, fcntl.LOCK_SH)


def _lock_file() -> Path:
    return settings.DATA_DIR / "preparing.lock"


def prepare() -> str | None:
    """Bring the data up to this version and wait for it; the first owner's token when one is needed."""
    process = _start_setup()
    told, _ = process.communicate()
    if process.returncode:
        sys.exit(process.returncode)
    return _token_of(told)


def _start_setup() -> subprocess.Popen[bytes]:
    command_line = [sys.executable, "-m", "molva.config.setup"]
    return subprocess.Popen(command_line, stdout=subprocess.PIPE)  # noqa: S603 - our own module


def _token_of(told: bytes) -> str | None:
    token: str | None = json.loads(told.splitlines()[-1])["setup_token"]
    return token


def is_ready() -> bool:
    """Whether `/readyz` of the web process says that everything works."""
    return find_troubles() == []


def find_troubles() -> list[str]:
    """The parts that `/readyz` complains of; «web» when it does not answer."""
    connection = http.client.HTTPConnection(*reachable(settings.MOLVA_WEB_BIND), timeout=2)
    try:
        connection.request("GET", "/readyz")
        parts = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return ["web"]
    finally:
        connection.close()
    return [name for name, part in parts.items() if name != "ok" and not part["ok"]]


def setup_link(token: str) -> str:
    """The address by which the first owner comes in."""
    return f"{settings.MOLVA_URL}/setup/{token}/"


def say_ready(token: str | None) -> bool:
    """Tell the person at the terminal where to go; True, as once is enough."""
    lines = [f"Molva is ready: {settings.MOLVA_URL}/"]
    if troubles := find_troubles():
        lines = [f"Molva has started, but not all of it works yet: {', '.join(troubles)}."]
        lines.append(f"The lines above may say why; {settings.MOLVA_URL}/readyz tells how it is going.")
    if token:
        lines.append(
            f"Nobody owns it yet. Set it up by this link, once, within 48 hours: {setup_link(token)}"
        )
    sys.stdout.write("\n" + "\n".join(lines) + "\n\n")
    sys.stdout.flush()
    return True


def split_bind(bind: str) -> tuple[str, int]:
    """«host:port» taken apart; the host may be an IPv6 address in brackets."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


def reachable(bind: str) -> tuple[str, int]:
    """Where a process of this machine finds what listens on `bind`."""
    host, port = split_bind(bind)
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not bound


def refuse_taken_port(bind: str) -> None:
    """Exit with a clear message when something else listens there already."""
    host, port = split_bind(bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(f"Cannot listen on {bind}: {error.strerror}. Set MOLVA_WEB_BIND or MOLVA_TRACKER_BIND.")


@contextmanager
def only_one(folder: Path | None = None) -> Iterator[None]:
    """Refuse to serve one data folder twice on a machine."""
    folder = folder or settings.DATA_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "serve.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"Molva is already running on {folder}")
        yield
