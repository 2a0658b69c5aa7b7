"""What is remembered of the main database, how long, and what happens while it is away."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from molva.tracker.links import Book, Found, Watch
from tests.tracker.loops import run_alone


class Database:
    """Answers from a dict, writes down what it was asked, and fails when told to."""

    def __init__(self) -> None:
        self.rows = {"a": 1, "b": 2}
        self.asked: list[list[str]] = []
        self.is_away = False
        self.changes = 0

    def ask(self, keys: Sequence[str]) -> dict[str, int]:
        if self.is_away:
            raise sqlite3.OperationalError("away")
        self.asked.append(sorted(keys))
        return {key: self.rows[key] for key in keys if key in self.rows}

    def has_changed(self) -> bool:
        if self.is_away:
            raise sqlite3.OperationalError("away")
        changes, self.changes = self.changes, 0
        return changes > 0

    def close(self) -> None:
        """Nothing is open."""


def with_book(story: Callable[[Database, Book[str, int]], Awaitable[None]], capacity: int = 10) -> None:
    async def run() -> None:
        database = Database()
        with ThreadPoolExecutor(1) as executor:
            book: Book[str, int] = Book(database.ask, executor, capacity)
            watch = Watch(database, [book], executor, 0.01)  # type: ignore[arg-type]
            watching = asyncio.create_task(watch.run())
            await story(database, book)
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    run_alone(run())


async def find(book: Book[str, int], *keys: str) -> list[Found[int]]:
    """What a request would get: from memory when it is fresh, else from the database."""
    loop = asyncio.get_running_loop()
    waiting = []
    for key in keys:
        future: asyncio.Future[Found[int]] = loop.create_future()
        remembered = book.get(key)
        if remembered:
            future.set_result(remembered)
        else:
            book.find(key, future.set_result)
        waiting.append(future)
    return list(await asyncio.gather(*waiting))


def test_questions_are_asked_together_and_once() -> None:
    async def story(database: Database, book: Book[str, int]) -> None:
        found = await find(book, "a", "b", "a", "nobody")
        again = await find(book, "a", "nobody")

        assert found == [Found(1, True), Found(2, True), Found(1, True), Found(None, True)]
        assert again == [Found(1, True), Found(None, True)]
        assert database.asked == [["a", "b", "nobody"]]

    with_book(story)


def test_a_change_is_seen_and_a_missing_database_is_not() -> None:
    async def story(database: Database, book: Book[str, int]) -> None:
        await find(book, "a", "b")
        database.rows, database.changes = {"a": 10}, 1
        await asyncio.sleep(0.1)
        assert await find(book, "a", "b") == [Found(10, True), Found(None, True)]

        database.is_away = True
        await asyncio.sleep(0.1)
        assert await find(book, "a", "c") == [Found(10, True), Found(None, False)]

        database.rows, database.is_away = {"a": 11, "c": 3}, False
        await asyncio.sleep(0.1)
        assert await find(book, "a", "c") == [Found(11, True), Found(3, True)]

    with_book(story)


def test_a_failure_after_a_change_does_not_keep_the_old_for_ever() -> None:
    async def story(database: Database, book: Book[str, int]) -> None:
        await find(book, "a")
        database.rows["a"] = 20
        book.age()
        database.is_away = True
        assert await find(book, "a") == [Found(1, True)]

        database.is_away = False
        await asyncio.sleep(0.1)
        assert await find(book, "a") == [Found(20, True)]

    with_book(story)


def test_memory_is_bounded_and_keeps_what_is_used() -> None:
    async def story(database: Database, book: Book[str, int]) -> None:
        await find(book, "a", "b")
        await find(book, "a")
        await find(book, "c")

        assert len(book) == 2
        assert book.get("b") is None
        assert book.get("a") == Found(1, True)

    with_book(story, capacity=2)
