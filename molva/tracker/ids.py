"""Click ids that only grow inside a day file, also across restarts and when the clock is set back."""

from pathlib import Path

from molva.domain.click_id import click_micros, make_click_id
from molva.tracking import clickfile


class IdSource:
    """Gives each click the next id of its day. The file's own highest id is the floor, so a clock that
    was ahead by a year spoils that year's file only, and today goes on where today stopped.
    """

    def __init__(self, folder: Path, node: int = 0) -> None:
        self._folder = folder
        self._node = node
        self._last_of_day: dict[str, int] = {}
        self._day = ""
        self._day_start = self._day_end = self._last = 0  # µs since 1970

    def next(self, now_micros: int) -> int:
        """An id above all ids of its day; ids of one source never repeat."""
        if not self._day_start <= now_micros < self._day_end:
            self._enter_day(now_micros)
        self._last = now_micros if now_micros > self._last else self._last + 1
        return make_click_id(self._last, self._node)

    def _enter_day(self, now_micros: int) -> None:
        """Change to the day of the moment; its last id is remembered or read from its file."""
        if self._day:
            self._last_of_day[self._day] = self._last
        self._day = clickfile.day_of(now_micros)
        self._day_start = now_micros - now_micros % 86_400_000_000
        self._day_end = self._day_start + 86_400_000_000
        if self._day not in self._last_of_day:
            stored = clickfile.last_id(clickfile.path_of(self._folder, self._day, self._node))
            self._last_of_day[self._day] = click_micros(stored) if stored else 0
        self._last = self._last_of_day[self._day]
