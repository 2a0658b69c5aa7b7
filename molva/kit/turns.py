"""Turns among processes and threads that want one thing, in about the order in which they came.

SQLite lets one write and the others look again and again, each after a longer pause: who writes often hardly ever
lets anybody else in. A lock of the system wakes who waits. There are two, a door and a room: whoever waits for the
room stands in the door, so that one who has just left the room cannot be the next before him.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def in_turn(place: Path) -> Iterator[None]:
    """Be the only one inside; `place` names two files that are made beside it and stay. Ends with the process, too.

    Not to be entered twice by one thread.
    """
    with _open(place, "door") as door, _open(place, "room") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


def _open(place: Path, name: str) -> TextIO:
    return place.with_name(f"{place.name}.{name}").open("a")
