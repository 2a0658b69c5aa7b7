"""Visits of the month: day files as the tracker leaves them, and their loading into touches and counts, measured.

Files are written by plain rows into the tracker's own schema: one in eight visitors comes back, one visit in twelve
is a machine's, one in ten is told by the storefront script; tags, UTM and referrers as partners use them.
"""

import random
import time
from bisect import bisect
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from month_world import SEED, World

from molva.domain.click_id import make_click_id
from molva.kit.clock import to_micros
from molva.tracking import clickfile
from molva.tracking.clickfile import FLAG_BEACON, FLAG_BOT, FLAG_NO_LANGUAGE

_AGENTS = [
    f"Mozilla/5.0 (Linux; Android {n % 7 + 8}) AppleWebKit/537.36 Chrome/{100 + n}.0 Mobile"
    for n in range(300)
]
_BOTS = ["TelegramBot (like TwitterBot)", "Mozilla/5.0 (compatible; YandexBot/3.0)", "vkShare"]
_HOSTS = [f"https://site{n}.example/" for n in range(2000)] + [
    "https://vk.com/",
    "https://t.me/",
    "https://dzen.ru/",
] * 60
_UTM = [f"utm_source=partner&utm_medium=cpa&utm_campaign=c{n}" for n in range(400)]
_ROWS = (
    f"INSERT INTO clicks ({','.join(clickfile.COLUMNS)}) VALUES ({','.join('?' * len(clickfile.COLUMNS))})"  # noqa: S608
)


def write_clicks(world: World, folder: Path, count: int, *, first: datetime, days: float) -> float:
    """Write `count` clicks, spread evenly from `first` over so many days. Seconds that it took."""
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    step = int(days * 86_400_000_000) // count
    start = to_micros(first)
    rng = random.Random(SEED + 2)
    done = 0
    while done < count:
        at = start + done * step
        day_end = (at // 86_400_000_000 + 1) * 86_400_000_000
        part = min(count - done, -(-(day_end - at) // step))
        path = clickfile.path_of(folder, clickfile.day_of(at))
        _write_day(path, _rows(world, rng, at, step, part))
        done += part
    return time.perf_counter() - began


def _write_day(path: Path, rows: Iterator[tuple[object, ...]]) -> None:
    connection = clickfile.open_for_writing(path, busy_seconds=5.0)
    texts = [*_AGENTS, *_BOTS, *dict.fromkeys(_HOSTS)]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT OR IGNORE INTO texts (id, text) VALUES (?, ?)", enumerate(texts, 1))
    connection.executemany(_ROWS, rows)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _rows(world: World, rng: random.Random, at: int, step: int, count: int) -> Iterator[tuple[object, ...]]:
    weights, total, random_ = world.cum_weights, world.cum_weights[-1], rng.random
    places = {
        text: number for number, text in enumerate(dict.fromkeys(_HOSTS), 1 + len(_AGENTS) + len(_BOTS))
    }
    hosts = [places[host] for host in _HOSTS]
    known = [rng.randbytes(8) for _ in range(4096)]  # visitors of the last hour or two
    for number in range(count):
        rank = bisect(weights, random_() * total)
        chance, link, flags, page = random_(), 0, 0, None
        bits = int(random_() * 1_000_000)
        if bits % 10:
            link = world.links[rank][min(bits % 7, 3) if bits % 2 else 0]
        else:
            flags, page = FLAG_BEACON, f"/product/{bits % 500}?aff={world.codes[rank]}"
        agent = 1 + bits % len(_AGENTS)
        if chance < 0.08:
            flags, agent = flags | FLAG_BOT | FLAG_NO_LANGUAGE, len(_AGENTS) + 1 + bits % len(_BOTS)
        if bits % 8:
            visitor = known[bits // 8 % 4096] = rng.randbytes(8)
        else:
            visitor = known[bits // 8 % 4096]
        yield (
            make_click_id(at + number * step + bits % max(1, step)), link, world.partners[rank], visitor, flags,
            b"\x05\x06" + (bits % 65536).to_bytes(2, "big"), agent,
            hosts[bits % len(hosts)] if bits % 20 < 13 else None,
            f"s{bits % 300}" if bits % 20 < 3 else None, f"post{bits % 5000}" if bits % 100 < 6 else None,
            None, None, None, _UTM[bits % len(_UTM)] if bits % 5 < 2 else None, page,
        )  # fmt: skip
