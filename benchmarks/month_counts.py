"""Click counts of the whole month, as loading its 80 million clicks leaves them: day × link and hour × partner.

Written as rows, since a part of the clicks is loaded to measure loading; the skew is that of the clicks.
"""

import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from month_world import SEED, World

from molva.kit.bulk import insert_plain

_DAY = ("partner_id", "day", "link_key", "workspace_id", "programme_id", "clicks", "visitors", "bots")
_HOUR = ("partner_id", "hour", "workspace_id", "programme_id", "clicks")
_DAY_TOTALS = """
INSERT INTO tracking_clicktotal (workspace_id, programme_id, partner_key, day, clicks, visitors, bots)
SELECT workspace_id, programme_id, {key}, day, SUM(clicks), SUM(visitors), SUM(bots) FROM tracking_clickday
WHERE programme_id = %s GROUP BY 1, 2, 3, 4
"""
_HOUR_TOTALS = """
INSERT INTO tracking_clickhourtotal (workspace_id, programme_id, hour, clicks)
SELECT workspace_id, programme_id, hour, SUM(clicks) FROM tracking_clickhour WHERE programme_id = %s GROUP BY 1, 2, 3
"""
_SHARES = (0.1, 0.51, 0.13, 0.13, 0.13)  # of the bare parameter, the main link, the others


def write_counts(world: World, clicks: int, *, last: date, days: int = 30) -> tuple[int, int, float]:
    """Write the counts of so many days up to `last`; rows by day, rows by hour, seconds."""
    began, rng = time.perf_counter(), random.Random(SEED + 3)
    shares = [after - before for before, after in pairwise([0.0, *world.cum_weights])]
    scale = clicks / days / world.cum_weights[-1]
    by_day = by_hour = 0
    for back in reversed(range(days)):
        day = last - timedelta(days=back)
        with transaction.atomic():
            rows = list(_days(world, rng, shares, scale, day))
            insert_plain("tracking_clickday", _DAY, rows)
            by_day += len(rows)
            rows = list(_hours(world, rng, shares, scale, day))
            insert_plain("tracking_clickhour", _HOUR, rows)
            by_hour += len(rows)
    return by_day, by_hour, time.perf_counter() - began


def write_totals(world: World) -> float:
    """Add up what is there for partners and the whole programme, as loading does row by row; seconds."""
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("tracking_clicktotal", "tracking_clickhourtotal"):
            cursor.execute(f"DELETE FROM {table} WHERE programme_id = %s", [world.programme])  # noqa: S608
        for key in ("partner_id", "0"):
            cursor.execute(_DAY_TOTALS.format(key=key), [world.programme])
        cursor.execute(_HOUR_TOTALS, [world.programme])
    return time.perf_counter() - began


def _days(
    world: World, rng: random.Random, shares: list[float], scale: float, day: date
) -> Iterator[tuple[Any, ...]]:
    text = day.isoformat()
    for partner, share, links in zip(world.partners, shares, world.links, strict=True):
        for key, part in zip([0, *links], _SHARES, strict=True):
            clicks = int(share * scale * part * (0.7 + 0.6 * rng.random()) + rng.random())
            if clicks:
                bots = clicks // 12
                visitors = max(1, int((clicks - bots) * 0.88))
                yield (
                    partner,
                    text,
                    key,
                    world.workspace,
                    world.programme,
                    max(1, clicks - bots),
                    visitors,
                    bots,
                )


def _hours(
    world: World, rng: random.Random, shares: list[float], scale: float, day: date
) -> Iterator[tuple[Any, ...]]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    texts = [f"{midnight + timedelta(hours=hour):%Y-%m-%d %H:%M:%S}" for hour in range(24)]
    for partner, share in zip(world.partners, shares, strict=True):
        for text in texts:
            clicks = int(share * scale / 26 * (0.5 + rng.random()) + rng.random())
            if clicks:
                yield partner, text, world.workspace, world.programme, clicks
