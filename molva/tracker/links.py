"""What the tracker remembers of the main database: links, marks and hosts, at most two seconds old.

When the database moves, remembered values are not thrown away but asked again at their next use; if the
database does not answer then, the old value goes on serving. Questions that come together are asked together.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor
from typing import Any, Generic, NamedTuple, TypeVar

from molva.tracker.database import DatabaseProblem, Reader

logger = logging.getLogger("molva.tracker")
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
ASK_AT_ONCE = 500
PATIENCE = 0.25  # seconds for which somebody waits for a newer answer than the remembered one


class Found(NamedTuple, Generic[Value]):
    """An answer: `value` None means that there is no such thing, unless the database could not be asked."""

    value: Value | None
    is_known: bool


class Book(Generic[Key, Value]):
    """A bounded memory in front of one question; `None` means that the database knows no such thing."""

    def __init__(
        self, ask: Callable[[Sequence[Key]], dict[Key, Value]], executor: Executor, capacity: int
    ) -> None:
        self._ask = ask
        self._executor = executor
        self._capacity = capacity
        self._known: OrderedDict[Key, tuple[int, Found[Value]]] = OrderedDict()  # with their ages
        self._age = 0
        self._waiting: dict[Key, list[Callable[[Found[Value]], None]]] = {}
        self._is_asking = False
        self.is_frozen = False

    def age(self) -> None:
        """Everything remembered so far is to be asked again at its next use."""
        self._age += 1
        self.is_frozen = False

    def freeze(self) -> None:
        """The database is away: what is remembered serves at any age, until the next `age`."""
        self.is_frozen = True

    def get(self, key: Key) -> Found[Value] | None:
        """What is remembered, when it is fresh; else `find` it."""
        known = self._known.get(key)
        if known is None or (known[0] != self._age and not self.is_frozen):
            return None
        self._known.move_to_end(key)
        return known[1]

    def find(self, key: Key, tell: Callable[[Found[Value]], None]) -> None:
        """Ask the database and tell what was found, in a later turn of the loop.

        When it is slow and an older answer is remembered, that one is told after a quarter of a second.
        """
        loop = asyncio.get_running_loop()
        known = self._known.get(key)
        if known is not None:
            tell = _first_only(tell)
            loop.call_later(PATIENCE, tell, known[1])
        self._waiting.setdefault(key, []).append(tell)
        if not self._is_asking:
            self._is_asking = True
            loop.call_soon(self._start)

    def __len__(self) -> int:
        return len(self._known)

    def _start(self) -> None:
        asked = list(self._waiting)[:ASK_AT_ONCE]
        if not asked:
            self._is_asking = False
            return
        tellers = {key: self._waiting.pop(key) for key in asked}
        age = self._age
        future = asyncio.get_running_loop().run_in_executor(self._executor, self._ask, asked)
        future.add_done_callback(lambda done: self._finish(done, tellers, age))

    def _finish(
        self,
        done: asyncio.Future[dict[Key, Value]],
        tellers: dict[Key, list[Callable[[Found[Value]], None]]],
        age: int,
    ) -> None:
        problem = done.exception()
        found = {} if problem else done.result()
        for key, waiting in tellers.items():
            if problem:
                self.freeze()
                told = self._known[key][1] if key in self._known else Found(None, False)
            else:
                told = Found(found.get(key), True)
                self._remember(key, age, told)
            for tell in waiting:
                tell(told)
        self._start()

    def _remember(self, key: Key, age: int, found: Found[Value]) -> None:
        self._known[key] = (age, found)
        self._known.move_to_end(key)
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)


def _first_only(tell: Callable[[Found[Value]], None]) -> Callable[[Found[Value]], None]:
    """Whoever tells first is heard."""
    left = [tell]

    def once(found: Found[Value]) -> None:
        if left:
            left.pop()(found)

    return once


class Watch:
    """Asks again and again whether the main database has moved, and makes the books grow old."""

    def __init__(
        self, reader: Reader, books: Sequence[Book[Any, Any]], executor: Executor, every: float
    ) -> None:
        self._reader = reader
        self._books = books
        self._executor = executor
        self._every = every
        self.is_up = True

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                changed = await loop.run_in_executor(self._executor, self._reader.has_changed)
            except DatabaseProblem as problem:
                if self.is_up:
                    logger.warning("main database does not answer, going on from memory: %s", problem)
                self.is_up = False
                for book in self._books:
                    book.freeze()
                await loop.run_in_executor(self._executor, self._reader.close)
            else:
                if changed or not self.is_up or any(book.is_frozen for book in self._books):
                    for book in self._books:
                        book.age()
                self.is_up = True
            await asyncio.sleep(self._every)
