"""Clicks one by one from wherever they are, raw or sealed: for counting a day anew."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from molva.domain.click_id import NODE_BITS, make_click_id
from molva.kit import clock
from molva.tracking import clickfile, sealedfile
from molva.tracking.clickfile import SUBS, Extras, StoredClick
from molva.tracking.columns import duckdb_engine

SECONDS = 3600.0
_SELECT = f"""
SELECT epoch_us(clicked_at) << {NODE_BITS} | node, link, partner, visitor, flags, referrer, {", ".join(SUBS)}, page
FROM read_parquet($file) WHERE clicked_at >= $start AND clicked_at < $end ORDER BY clicked_at, node
"""  # noqa: S608 - names of ours


def is_whole(raw: Path) -> bool:
    """Whether all clicks that a raw file ever had can be read: it is there and was never sealed, or so is its copy."""
    last = sealedfile.past_last_id(raw)
    if raw.exists() and (not last or clickfile.first_id(raw) <= last):
        return True
    return raw.with_suffix(sealedfile.SEALED).exists() and duckdb_engine.is_installed()


def read_all_between(
    folder: Path, start: datetime, end: datetime, *, chunk: int = 5000
) -> Iterator[list[StoredClick]]:
    """All clicks with `start ≤ moment < end`, each once, chunk by chunk; file by file in the order of ids.

    Of a sealed click the referrer is its host, and `utm` is not told.
    """
    low, high = make_click_id(clock.to_micros(start)) - 1, make_click_id(clock.to_micros(end))
    day = start.astimezone(UTC).date()
    while day <= end.astimezone(UTC).date():
        stems = {sealedfile.stem_of(path.name) for path in folder.glob(f"clicks-{day:%Y%m%d}*")} - {None}
        for stem in sorted(map(str, stems)):
            raw = folder / f"clicks-{stem}.db"
            sealed = raw.with_suffix(sealedfile.SEALED)
            after = low
            if sealed.exists() and duckdb_engine.is_installed():
                yield from _read_sealed(sealed, start, end, chunk)
                after = max(low, sealedfile.sealed_last_id(sealed))
            while raw.exists() and (rows := clickfile.read_after(raw, after, chunk, before_id=high)):
                yield rows
                after = rows[-1].id
        day += timedelta(days=1)


def _read_sealed(path: Path, start: datetime, end: datetime, chunk: int) -> Iterator[list[StoredClick]]:
    with duckdb_engine.session(path.parent, seconds=SECONDS) as duck:
        found = duck.execute(_SELECT, {"file": str(path), "start": start, "end": end})
        while rows := found.fetchmany(chunk):
            yield [_click(row) for row in rows]


def _click(row: tuple[Any, ...]) -> StoredClick:
    click_id, link, partner, visitor, flags, referrer, *subs, page = row
    extras = Extras._make([*subs, None, page])
    return StoredClick(click_id, link, partner, visitor.to_bytes(8, "big"), flags, referrer, extras)
