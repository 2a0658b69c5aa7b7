"""Turns: one at a time, nobody is passed over, and a killed holder holds nobody."""

import subprocess
import sys
import threading
import time
from pathlib import Path

from molva.kit.turns import in_turn

HOLDER = """
import sys, time
from pathlib import Path
from molva.kit.turns import in_turn
with in_turn(Path(sys.argv[1])):
    print("inside", flush=True)
    time.sleep(60)
"""


def test_who_waits_comes_before_who_has_just_been(tmp_path: Path) -> None:
    entered: list[str] = []
    is_busy = threading.Event()

    def often() -> None:
        for _ in range(12):
            with in_turn(tmp_path / "writing"):
                entered.append("often")
                is_busy.set()
                time.sleep(0.03)

    busy = threading.Thread(target=often)
    busy.start()
    is_busy.wait(5)
    for _ in range(3):
        before = len(entered)
        with in_turn(tmp_path / "writing"):
            entered.append("once")
        assert entered[before:].count("often") <= 1, entered
    busy.join()
    assert entered.count("often") == 12


def test_one_at_a_time(tmp_path: Path) -> None:
    inside: list[int] = []
    crowds: list[int] = []

    def go() -> None:
        for _ in range(20):
            with in_turn(tmp_path / "writing"):
                inside.append(1)
                crowds.append(len(inside))
                time.sleep(0.0005)
                inside.pop()

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(crowds), set(crowds)) == (120, {1})


def test_a_killed_process_leaves_its_turn(tmp_path: Path) -> None:
    place = tmp_path / "writing"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(place)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "inside\n"
    holder.kill()
    holder.wait()
    started = time.monotonic()
    with in_turn(place):
        assert time.monotonic() - started < 5
