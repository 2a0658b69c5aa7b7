"""The way of a click to its answer, with a writer that does as it is told."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from molva.tracker.queue import BATCH_LIMIT, GATHER_LIMIT, ClickQueue, Passenger
from molva.tracker.writer import Report
from molva.tracking.clickfile import RawClick
from tests.tracker.loops import run_alone


class SlowWriter:
    """Keeps each batch until the test says how it went."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[int], Report]] = []

    def submit(self, clicks: list[RawClick], report: Report) -> None:
        self.batches.append(([click.id for click in clicks], report))

    def end(self, problem: BaseException | None = None) -> None:
        """The last batch is through, or is not."""
        self.batches[-1][1](problem)


def passenger(number: int, log: list[str]) -> Passenger:
    click = RawClick(number, 1, 1, b"12345678", 0, None, None, None, None)
    return Passenger(
        click,
        lambda words: log.append(words.decode()),
        f"stored {number}".encode(),
        lambda: f"let go {number}".encode(),
    )


def with_queue(
    story: Callable[[ClickQueue, SlowWriter, list[str]], Awaitable[None]], limit: int = 10
) -> None:
    async def run() -> None:
        writer = SlowWriter()
        queue = ClickQueue(writer, asyncio.get_running_loop(), limit=limit, stall_after=0.05)
        await story(queue, writer, [])

    run_alone(run())


async def turns() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_answers_wait_for_the_commit_and_the_next_batch_for_the_last() -> None:
    async def story(queue: ClickQueue, writer: SlowWriter, log: list[str]) -> None:
        queue.put(passenger(1, log))
        queue.put(passenger(2, log))
        await turns()
        queue.put(passenger(3, log))
        await turns()
        assert ([ids for ids, _ in writer.batches], log) == ([[1, 2]], [])

        writer.batches[0][1](None)
        await turns()
        assert [ids for ids, _ in writer.batches] == [[1, 2], [3]]
        assert log == ["stored 1", "stored 2"]

        writer.batches[1][1](OSError("disk"))
        await turns()
        assert log == ["stored 1", "stored 2", "let go 3"]
        assert (queue.counters.stored, queue.counters.lost_failed, queue.depth) == (2, 1, 0)

    with_queue(story)


def test_clicks_that_keep_coming_go_along_up_to_a_statement() -> None:
    async def story(queue: ClickQueue, writer: SlowWriter, log: list[str]) -> None:
        for number in range(GATHER_LIMIT + 6):
            queue.put(passenger(number, log))
            await asyncio.sleep(0)
        assert [len(ids) for ids, _ in writer.batches] == [GATHER_LIMIT]

        writer.end()
        await turns()
        assert [len(ids) for ids, _ in writer.batches] == [GATHER_LIMIT, 6]

    with_queue(story, limit=GATHER_LIMIT)


def test_a_full_queue_lets_go_at_once() -> None:
    async def story(queue: ClickQueue, writer: SlowWriter, log: list[str]) -> None:
        queue.put(passenger(1, log))
        await turns()
        for number in (2, 3, 4):
            queue.put(passenger(number, log))
        assert log == ["let go 4"]
        assert queue.counters.lost_full == 1

    with_queue(story, limit=2)


def test_a_stalled_commit_lets_everybody_go_until_it_ends() -> None:
    async def story(queue: ClickQueue, writer: SlowWriter, log: list[str]) -> None:
        queue.put(passenger(1, log))
        await turns()
        queue.put(passenger(2, log))
        await asyncio.sleep(0.06)
        queue.check()
        queue.put(passenger(3, log))
        assert log == ["let go 1", "let go 2", "let go 3"]
        assert (queue.trouble, queue.is_healthy, queue.counters.lost_stalled) == ("stalled", False, 3)
        queue.check()
        assert [ids for ids, _ in writer.batches] == [
            [1]
        ]  # the writer is still at it: no second try beside it

        writer.end()
        await turns()
        queue.put(passenger(4, log))
        await turns()
        assert [ids for ids, _ in writer.batches] == [[1], [4]]
        assert queue.is_healthy

    with_queue(story)


def test_after_a_failure_nobody_waits_and_the_disk_is_tried_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("molva.tracker.queue.PROBE_EVERY", 0.03)

    async def story(queue: ClickQueue, writer: SlowWriter, log: list[str]) -> None:
        queue.put(passenger(1, log))
        await turns()
        queue.put(passenger(2, log))
        writer.end(OSError("full"))
        await turns()
        queue.put(passenger(3, log))
        queue.check()
        assert log == ["let go 1", "let go 2", "let go 3"]
        assert ([ids for ids, _ in writer.batches], queue.counters.lost_failed) == ([[1]], 3)

        for problem in (OSError("still full"), None):
            await asyncio.sleep(0.04)
            queue.check()
            assert writer.batches[-1][0] == []
            writer.end(problem)
            await turns()
            assert queue.is_healthy is (problem is None)

        queue.put(passenger(4, log))
        await turns()
        writer.end()
        await turns()
        assert (log[-1], queue.counters.stored, queue.counters.lost) == ("stored 4", 1, 3)
        assert sum(queue.times.counts) == 4

    with_queue(story)


def test_batches_are_bounded() -> None:
    async def story(queue: ClickQueue, writer: SlowWriter, log: list[str]) -> None:
        for number in range(BATCH_LIMIT + 5):
            queue.put(passenger(number, log))
        await turns()
        writer.batches[0][1](None)
        await turns()
        assert [len(ids) for ids, _ in writer.batches] == [BATCH_LIMIT, 5]

    with_queue(story, limit=BATCH_LIMIT * 2)
