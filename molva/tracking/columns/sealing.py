"""A finished day's clicks become one sorted Parquet file, proved equal before it takes its name.

Steps, each safe to die in: the copy is written under a temporary name and made durable; it is read back and compared
with the raw rows; it takes the name of the day in one move, together with whatever the former sealed file of that day
had. Until the raw file is dropped (`retention`) both are there, and readers take from the raw one only what is newer.
A click that comes late, because a clock was behind, opens a raw file for its day again, with an id above all sealed
ones; it is loaded as any other and joined to the sealed file at the next sealing.

Addresses, whole user agents and paths of referrers are not sealed: country, device and host are.
"""

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molva.domain.click_id import MAX_NODE, NODE_BITS
from molva.tracking import clickfile, sealedfile
from molva.tracking.columns.duckdb_engine import session
from molva.tracking.columns.errors import SealingError
from molva.tracking.columns.keys import SUBS, UTM
from molva.tracking.columns.words import Countries, device_of, host_of, utm_of

if TYPE_CHECKING:
    import duckdb

logger = logging.getLogger(__name__)
SECONDS = 3600.0
# Smaller groups would let a partner's question read less, larger ones cost fewer bytes a click.
GROUP_ROWS = 61_440
SEALED_COLUMNS = (
    *("programme", "partner", "clicked_at", "node", "link", "visitor", "flags"),
    *(*SUBS, "referrer", *UTM, "device", "country", "page"),
)
_RAW = f"""
CREATE TEMP TABLE raw (id BIGINT, link BIGINT, partner BIGINT, visitor BLOB, flags USMALLINT, ip BLOB, agent BIGINT,
  referrer BIGINT, {", ".join(f"{sub} VARCHAR" for sub in SUBS)}, utm VARCHAR, page VARCHAR)
"""
_RAW_SELECT = f"""
SELECT id, link, partner, visitor, flags, ip, agent, referrer, {", ".join(SUBS)}, utm, page
FROM clicks WHERE id > ? AND id <= ? ORDER BY id
"""  # noqa: S608 - names of ours
_SEALED = f"""
CREATE TEMP TABLE sealed AS
SELECT coalesce(p.programme, 0)::BIGINT AS programme, r.partner,
  make_timestamptz(r.id >> {NODE_BITS}) AS clicked_at, (r.id & {MAX_NODE})::USMALLINT AS node, r.link,
  CAST('0x' || hex(r.visitor) AS UBIGINT) AS visitor, r.flags, {", ".join(f"r.{sub}" for sub in SUBS)},
  h.word AS referrer, {", ".join(f"u.{name}" for name in UTM)}, d.word AS device, c.word AS country, r.page
FROM raw r LEFT JOIN programmes p ON p.partner = r.partner LEFT JOIN hosts h ON h.id = r.referrer
  LEFT JOIN devices d ON d.id = r.agent LEFT JOIN countries c ON c.ip = r.ip LEFT JOIN utms u ON u.utm = r.utm
"""  # noqa: S608 - names of ours
# What must be the same in the raw rows and in the copy, whatever way each is read; sums stay within 64 bits.
_RAW_PROOF = f"""
SELECT count(*), coalesce(sum((id >> {NODE_BITS}) % 86400000000), 0), coalesce(sum(partner), 0), coalesce(sum(link), 0),
  coalesce(sum(flags), 0), {", ".join(f"count({sub})" for sub in SUBS)}, count(page), coalesce(max(id), 0)
FROM clicks WHERE id > ? AND id <= ?
"""  # noqa: S608 - names of ours
_COPY_PROOF = f"""
SELECT count(*), coalesce(sum(epoch_us(clicked_at) % 86400000000), 0), coalesce(sum(partner), 0),
  coalesce(sum(link), 0), coalesce(sum(flags), 0), {", ".join(f"count({sub})" for sub in SUBS)}, count(page),
  coalesce(max(epoch_us(clicked_at) << {NODE_BITS} | node), 0)
FROM read_parquet($file) WHERE epoch_us(clicked_at) << {NODE_BITS} | node > $after
"""  # noqa: S608 - names of ours
_HASH = f"SELECT count(*), coalesce(bit_xor(hash({', '.join(SEALED_COLUMNS)})), 0), coalesce(sum(hash({', '.join(SEALED_COLUMNS)})), 0) FROM "  # noqa: E501, S608


def seal_file(raw: Path, *, loaded: int, programmes: Mapping[int, int], countries: Countries) -> int:
    """Seal the clicks of a raw file up to the id `loaded`; returns how many were added to the sealed file.

    `programmes` tells the programme of each partner. Nothing is done when the sealed file has them all. Raises
    SealingError, and leaves everything as it was, when the copy does not prove equal.
    """
    target = raw.with_suffix(sealedfile.SEALED)
    draft = target.with_name(target.name + ".part")
    former = sealedfile.sealed_last_id(target)
    if loaded <= former:
        return 0
    with session(raw.parent, seconds=SECONDS) as duck:
        expected = _take(duck, raw, former, loaded, programmes, countries)
        if not expected[0]:
            return 0
        if former:
            duck.execute(
                "INSERT INTO sealed BY NAME SELECT * FROM read_parquet($file)", {"file": str(target)}
            )
        whole = _one(duck, f"{_HASH} sealed")
        _write(duck, draft, expected[-1])
        _sync_file(draft)
        found = _one(duck, _COPY_PROOF, {"file": str(draft), "after": former})
        if found != expected or _one(duck, f"{_HASH} read_parquet($file)", {"file": str(draft)}) != whole:
            draft.unlink()
            raise SealingError(f"the sealed copy of {raw.name} is not equal to it")
    draft.replace(target)
    sealedfile.sync_folder(target.parent)
    return int(expected[0])


def clear_drafts(folder: Path) -> None:
    """Remove what a sealing that was killed has left."""
    for draft in folder.glob("clicks-*.parquet.part"):
        draft.unlink(missing_ok=True)


def _take(
    duck: "duckdb.DuckDBPyConnection",
    raw: Path,
    after: int,
    upto: int,
    programmes: Mapping[int, int],
    countries: Countries,
) -> tuple[int, ...]:
    """Bring the raw rows into the table `sealed`; returns what the copy must prove."""
    connection = clickfile.open_for_reading(raw)
    try:
        expected = tuple(map(int, connection.execute(_RAW_PROOF, (after, upto)).fetchone()))
        duck.execute(_RAW)
        _append(duck, "raw", connection.execute(_RAW_SELECT, (after, upto)))
        _append_words(duck, connection, countries)
    finally:
        connection.close()
    duck.execute("CREATE TEMP TABLE programmes (partner BIGINT, programme BIGINT)")
    _append(duck, "programmes", programmes.items())
    duck.execute(_SEALED)
    duck.execute("DROP TABLE raw")
    return expected


def _append_words(duck: "duckdb.DuckDBPyConnection", connection: Any, countries: Countries) -> None:
    """What is told by words: each different agent, referrer, UTM string and address once."""
    texts = dict(connection.execute("SELECT id, text FROM texts"))
    agents = [
        one for (one,) in duck.execute("SELECT DISTINCT agent FROM raw WHERE agent IS NOT NULL").fetchall()
    ]
    referrers = duck.execute("SELECT DISTINCT referrer FROM raw WHERE referrer IS NOT NULL").fetchall()
    utms = [one for (one,) in duck.execute("SELECT DISTINCT utm FROM raw WHERE utm IS NOT NULL").fetchall()]
    addresses = (
        []
        if countries.why_not
        else duck.execute("SELECT DISTINCT ip FROM raw WHERE ip IS NOT NULL").fetchall()
    )
    duck.execute("CREATE TEMP TABLE devices (id BIGINT, word VARCHAR)")
    _append(duck, "devices", ((one, device_of(texts.get(one)) or None) for one in agents))
    duck.execute("CREATE TEMP TABLE hosts (id BIGINT, word VARCHAR)")
    _append(duck, "hosts", ((one, host_of(texts.get(one)) or None) for (one,) in referrers))
    duck.execute(f"CREATE TEMP TABLE utms (utm VARCHAR, {', '.join(f'{name} VARCHAR' for name in UTM)})")
    # the text itself or the number of one (see clickfile); a text of digits alone is no UTM
    whole = {one: texts.get(int(one)) if one.isascii() and one.isdigit() else one for one in utms}
    _append(duck, "utms", ((one, *(word or None for word in utm_of(text))) for one, text in whole.items()))
    duck.execute("CREATE TEMP TABLE countries (ip BLOB, word VARCHAR)")
    _append(duck, "countries", ((one, countries.country_of(one) or None) for (one,) in addresses))


def _append(duck: "duckdb.DuckDBPyConnection", table: str, rows: Iterable[Any]) -> None:
    with duck.appender(table) as appender:
        appender.append_rows(rows)


def _write(duck: "duckdb.DuckDBPyConnection", draft: Path, last: int) -> None:
    columns = ", ".join(SEALED_COLUMNS)
    duck.execute(
        f"COPY (SELECT {columns} FROM sealed ORDER BY programme, partner, clicked_at, node) TO $file "  # noqa: S608
        f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 9, ROW_GROUP_SIZE {GROUP_ROWS}, "
        f"KV_METADATA {{{sealedfile.SEALED_KEY}: '{sealedfile.sealed_words(last)}'}})",
        {"file": str(draft)},
    )


def _one(
    duck: "duckdb.DuckDBPyConnection", sql: str, values: dict[str, Any] | None = None
) -> tuple[int, ...]:
    row = duck.execute(sql, values or {}).fetchone()
    return tuple(map(int, row or ()))


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
