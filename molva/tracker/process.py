"""The tracker as a process: one event loop, one writing thread, one reading thread, an orderly end."""

import asyncio
import fcntl
import gc
import logging
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from email.utils import formatdate
from importlib import import_module
from pathlib import Path
from typing import cast

from molva.tracker import answers, metrics
from molva.tracker.app import Tracker
from molva.tracker.database import open_reader
from molva.tracker.links import Watch
from molva.tracker.protocol import Connection
from molva.tracker.queue import ClickQueue
from molva.tracker.settings import TrackerSettings
from molva.tracker.writer import ClickWriter
from molva.tracking import clickfile

logger = logging.getLogger("molva.tracker")
TICK = 0.25  # seconds
LINKS_POLL = 0.5
DRAIN = 10.0
LOCK_WAIT = 15.0


def run(settings: TrackerSettings) -> None:
    """Run the tracker until SIGTERM or SIGINT; answers what has been asked before it returns."""
    folder = clickfile.folder_of(settings.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    with _only_writer(folder):
        # What is loaded by now stays for ever, and a click makes no circles: the collector may look less often.
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        loop = _new_loop()
        try:
            asyncio.set_event_loop(loop)
            loop.run_until_complete(_serve(settings, folder))
        finally:
            loop.close()


def _new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's; an interpreter without its wheel is slower by a tenth, otherwise the same."""
    try:
        uvloop = import_module("uvloop")
    except ImportError:
        return asyncio.new_event_loop()
    return cast(asyncio.AbstractEventLoop, uvloop.new_event_loop())


async def _serve(settings: TrackerSettings, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    writer = ClickWriter(folder, node=settings.node)
    writer.start()
    reader = open_reader(settings.database)
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="links")
    queue = ClickQueue(writer, loop, limit=settings.queue_limit, stall_after=settings.stall_after)
    tracker = Tracker(settings, reader, queue, executor)
    tracker.now = loop.time()
    watch = Watch(reader, [tracker.links, tracker.marks, tracker.hosts], executor, LINKS_POLL)
    tracker.health = _health(tracker, writer, watch)
    tracker.metrics = lambda: metrics.text(tracker, writer_bytes=writer.wal_bytes, is_main_up=watch.is_up)
    server = await loop.create_server(lambda: Connection(tracker), settings.host, settings.port, backlog=4096)
    tasks = [loop.create_task(watch.run()), loop.create_task(_tick(tracker, settings))]
    logger.info("tracker listens on %s:%s", settings.host, settings.port)
    await stopping.wait()

    server.close()
    for connection in list(tracker.connections):
        connection.shut()
    await queue.drain(DRAIN)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    writer.stop()
    await loop.run_in_executor(None, writer.join, DRAIN)
    await loop.run_in_executor(executor, reader.close)
    executor.shutdown(wait=False)
    logger.info("tracker ends, %s", asdict(queue.counters))


async def _tick(tracker: Tracker, settings: TrackerSettings) -> None:
    """Keep the coarse clock, let clicks of a stalled disk go, close silent connections."""
    loop = asyncio.get_running_loop()
    turn = 0
    while True:
        tracker.now = loop.time()
        answers.set_date(formatdate(usegmt=True))
        tracker.queue.check()
        turn += 1
        if turn % 4 == 0:
            for connection in list(tracker.connections):
                connection.expire(
                    tracker.now,
                    header_timeout=settings.header_timeout,
                    idle_timeout=settings.idle_timeout,
                )
        await asyncio.sleep(TICK)


def _health(tracker: Tracker, writer: ClickWriter, watch: Watch) -> Callable[[], dict[str, object]]:
    started = time.monotonic()

    def health() -> dict[str, object]:
        is_ok = tracker.queue.is_healthy
        return {
            "status": "ok" if is_ok else "clicks do not reach the disk",
            "uptime_seconds": int(time.monotonic() - started),
            "main_database": "ok" if watch.is_up else "away, going on from memory",
            "connections": len(tracker.connections),
            "links_remembered": len(tracker.links),
            "queue": tracker.queue.depth,
            "wal_bytes": writer.wal_bytes,
            "lost": tracker.queue.counters.lost,
            **asdict(tracker.queue.counters),
            **asdict(tracker.counters),
        }

    return health


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Two trackers must not write one folder; a restarted one waits until the old one has finished."""
    with (folder / "tracker.lock").open("w") as handle:
        until = time.monotonic() + LOCK_WAIT
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > until:
                raise SystemExit(f"another tracker is running on {folder}")
            time.sleep(0.05)
        yield
