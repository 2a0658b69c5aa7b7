"""`/metrics` in the text format 0.0.4 of Prometheus: made of the counters when asked, so that no click pays for it.

Names and labels are fixed words of ours, so nothing needs escaping.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from molva.tracker.app import Tracker
from molva.tracker.queue import COMMIT_BOUNDS, ClickQueue

_PREFIX = "molva_tracker_"
Sample = tuple[str, float]  # suffix of the name with labels, value


def text(tracker: Tracker, *, writer_bytes: int, is_main_up: bool) -> bytes:
    """All figures of a tracker."""
    lines: list[str] = []
    for name, kind, meaning, samples in _families(tracker, writer_bytes, is_main_up=is_main_up):
        lines.append(f"# HELP {_PREFIX}{name} {meaning}")
        lines.append(f"# TYPE {_PREFIX}{name} {kind}")
        lines += [f"{_PREFIX}{name}{suffix} {value}" for suffix, value in samples]
    return "\n".join([*lines, ""]).encode()


def _families(
    tracker: Tracker, writer_bytes: int, *, is_main_up: bool
) -> Iterator[tuple[str, str, str, Iterable[Sample]]]:
    queue, counters = tracker.queue, tracker.counters
    stored = queue.counters
    for name, meaning, value in (
        ("requests_total", "Requests answered or being answered.", counters.requests),
        ("clicks_stored_total", "Clicks made durable before their answer.", stored.stored),
        (
            "clicks_not_people_total",
            "Robots, previews, prefetches and frames among the clicks.",
            counters.flagged,
        ),
        (
            "clicks_collapsed_total",
            "Clicks above the limit a minute: sent on, not stored.",
            counters.collapsed,
        ),
        ("unknown_total", "Requests for a link or a mark that there is not.", counters.unknown),
        ("foreign_beacons_total", "Beacons of pages that are not the programme's.", counters.foreign),
        ("refused_pages_total", "Clicks that asked for a page of another host.", counters.refused_pages),
        ("unavailable_total", "Links not remembered while the main database was away.", counters.unavailable),
        ("commits_total", "Transactions with clicks.", stored.batches),
    ):
        yield name, "counter", meaning, [("", value)]
    lost = (("full", stored.lost_full), ("stalled", stored.lost_stalled), ("failed", stored.lost_failed))
    yield (
        *("clicks_lost_total", "counter", "Visitors sent on without a durable click."),
        [(f'{{reason="{reason}"}}', value) for reason, value in lost],
    )
    for name, meaning, value in (
        ("queue_clicks", "Clicks that wait for the disk.", queue.depth),
        ("connections", "Open connections.", len(tracker.connections)),
        ("links_remembered", "Links in memory.", len(tracker.links)),
        ("wal_bytes", "Write-ahead log of the present click file.", writer_bytes),
        ("disk_ok", "1 while clicks reach the disk in time.", int(queue.is_healthy)),
        ("main_database_up", "1 while the main database answers.", int(is_main_up)),
    ):
        yield name, "gauge", meaning, [("", value)]
    yield "commit_seconds", "histogram", "From the start of a commit to its end.", _buckets(queue)


def _buckets(queue: ClickQueue) -> Iterator[Sample]:
    sums = list(accumulate(queue.times.counts))
    for bound, count in zip((*COMMIT_BOUNDS, "+Inf"), sums, strict=True):
        yield f'_bucket{{le="{bound}"}}', count
    yield "_sum", round(queue.times.seconds, 6)
    yield "_count", sums[-1]
