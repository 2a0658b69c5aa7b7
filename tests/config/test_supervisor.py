"""The supervisor with toy processes: restarts, the end of all, nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from molva.config import supervisor
from molva.config.supervisor import Supervisor
from tests.flows.stack import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
STAY = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on'); time.sleep(60)"


def python(code: str, *words: str) -> list[str]:
    return [sys.executable, "-c", code, *words]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be collected by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_dead_process_starts_again_after_growing_pauses(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_SECONDS", 0.04)
    group = Supervisor({"dying": python("raise SystemExit(3)"), "staying": python(STAY)})
    group.run(watch=lambda: _stop_when(group, len(caplog.messages) >= 4))
    assert caplog.messages[:4] == [
        f"process ended name=dying code=3 again_in={pause}" for pause in ("0.01", "0.02", "0.04", "0.04")
    ]


def _stop_when(group: Supervisor, is_time: object) -> bool:
    if is_time:
        group.stop()
    return bool(is_time)


def test_a_stubborn_process_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervisor, "GRACE_SECONDS", 0.3)
    mark = tmp_path / "pid"
    code = f"import os, sys; open(sys.argv[1], 'w').write(str(os.getpid())); {STUBBORN}"
    group = Supervisor({"stubborn": python(code, str(mark))})
    started = time.monotonic()
    group.run(watch=lambda: _stop_when(group, mark.exists() and mark.read_text()))
    assert time.monotonic() - started < 20
    assert is_alive(int(mark.read_text())) is False


def test_sigterm_ends_the_group_and_gives_the_handlers_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    Supervisor({"staying": python(STAY)}).run()
    assert signal.getsignal(signal.SIGTERM) is before


def test_children_learn_of_the_death_of_a_killed_supervisor(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    child = (
        "import os, sys, time; from molva.config.supervisor import die_with_parent; die_with_parent(); "
        "open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
    )
    parent = (
        "import sys; from molva.config.supervisor import Supervisor; "
        f"Supervisor({{'child': [sys.executable, '-c', {child!r}, sys.argv[1]]}}).run()"
    )
    process = subprocess.Popen(python(parent, str(mark)), cwd=ROOT)
    wait_for(lambda: mark.exists() and mark.read_text())
    process.kill()
    process.wait()
    wait_for(lambda: not is_alive(int(mark.read_text())))
