"""The raw clicks' column side: bytes a click, sealing, and questions over hot and sealed days.

    python benchmarks/columns.py [--clicks 1000000] [--days 5] [--cloned 0] [--folder F]

Days are written by the tracker's own writer and sealed by the product; 20 000 partners of ten programmes, skewed as in
life. `--cloned` adds so many sealed days made from the first one, each moved to a day of its own and with visitors of
its own: a month of a big platform without a night of making it. With `--folder` the files stay, and the next run
measures the same ones without making them.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

FIRST = datetime(2026, 10, 1, tzinfo=UTC)
PROGRAMMES = 10
# by the rank of a partner: the heaviest, one of the first twenty, one in the middle, one of the many
RANKS = (1, 17, 500, 15_000)


def main() -> None:
    """Make what is not there, then measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clicks", type=int, default=1_000_000, help="a day")
    parser.add_argument("--days", type=int, default=5, help="written and sealed for real")
    parser.add_argument("--cloned", type=int, default=0, help="sealed days more")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        folder = (options.folder or Path(text)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.update(MOLVA_DATA=str(folder), DJANGO_SETTINGS_MODULE="molva.config.settings")
        os.environ.pop("DATABASE_URL", None)
        import django  # noqa: PLC0415 - reads the line above

        django.setup()
        if not (folder / "ready").exists():
            make(folder, options)
        measure(folder, options.rounds)


def make(folder: Path, options: argparse.Namespace) -> None:
    """Database, day files, hot questions, sealing, clones."""
    from columns_clicks import Crowd, write_day  # noqa: PLC0415 - after django.setup

    from molva.tracking.columns.sealing import seal_file  # noqa: PLC0415
    from molva.tracking.columns.words import Countries  # noqa: PLC0415
    from molva.tracking.models import IngestMark  # noqa: PLC0415

    programmes = fill(folder)
    clicks, crowd, files = folder / "clicks", Crowd(), []
    for number in range(options.days):
        day = (FIRST + timedelta(days=number) - datetime(1970, 1, 1, tzinfo=UTC)).days
        path, last, _seconds = write_day(clicks, crowd, day, options.clicks)
        IngestMark.objects.create(file=path.name, last_click_id=last)
        files.append((path, last))
    size = sum(path.stat().st_size for path, _ in files)
    print(f"hot: {size / options.days / options.clicks:.1f} bytes a click")
    measure_hot(clicks)
    seconds = []
    for path, last in files:
        began, used = time.perf_counter(), time.process_time()
        seal_file(path, loaded=last, programmes=programmes, countries=Countries(""))
        seconds.append((time.perf_counter() - began, time.process_time() - used))
        path.unlink()
    size = sum(path.stat().st_size for path in clicks.glob("*.parquet"))
    rate, work = (options.clicks / median(one) for one in zip(*seconds, strict=True))
    print(f"sealed: {size / options.days / options.clicks:.1f} bytes a click, {rate:,.0f} clicks/s "
          f"({work:,.0f} a second of processor)")  # fmt: skip
    clone(clicks, options.days, options.cloned)
    (folder / "ready").touch()


def fill(folder: Path) -> dict[int, int]:
    """An empty database with ten programmes; the programme of each partner."""
    from columns_clicks import PARTNERS  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from molva.programmes.models import Partner, Programme  # noqa: PLC0415
    from molva.workspaces.models import Workspace  # noqa: PLC0415
    from molva.workspaces.scoping import scope  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    with scope(Workspace.objects.create(name="Bench")):
        made = [Programme.objects.create(code=f"p{n}", name=f"Programme {n}") for n in range(PROGRAMMES)]
        rows = [
            Partner(pk=n, programme=made[n % PROGRAMMES], code=f"P{n}", code_folded=f"p{n}", name=f"P {n}")
            for n in range(1, PARTNERS + 1)
        ]
        Partner.objects.bulk_create(rows, batch_size=1000)
    return {n: made[n % PROGRAMMES].pk for n in range(1, PARTNERS + 1)}


def clone(clicks: Path, days: int, more: int) -> None:
    """Sealed days made from the first one."""
    import duckdb  # noqa: PLC0415

    from molva.domain.click_id import NODE_BITS  # noqa: PLC0415
    from molva.tracking import sealedfile  # noqa: PLC0415
    from molva.tracking.columns.sealing import GROUP_ROWS  # noqa: PLC0415
    from molva.tracking.models import IngestMark  # noqa: PLC0415

    first = next(iter(sealedfile.list_sealed(clicks)))
    shift = 86_400_000_000 << NODE_BITS
    for number in range(days, days + more):
        target = clicks / f"clicks-{FIRST + timedelta(days=number):%Y%m%d}.parquet"
        last = sealedfile.sealed_last_id(first) + number * shift
        duckdb.execute(
            f"COPY (SELECT * REPLACE (clicked_at + INTERVAL {number} DAY AS clicked_at, hash(visitor + {number}) AS "  # noqa: S608
            f"visitor) FROM '{first}') TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP_ROWS}, "
            f"KV_METADATA {{{sealedfile.SEALED_KEY}: '{sealedfile.sealed_words(last)}'}})"
        )
        IngestMark.objects.create(file=f"{target.stem}.db", last_click_id=last)


def measure_hot(clicks: Path) -> None:
    """Questions to raw files."""
    from molva.tracking.columns.hot import HotColumns  # noqa: PLC0415
    from molva.tracking.columns.words import Countries  # noqa: PLC0415

    columns = HotColumns(clicks, Countries(""), seconds=600)
    print(f"hot questions, {len(list(clicks.glob('*.db')))} days:")
    told("partner 17, top subs", 2, lambda: columns.count(ask(17, by=("sub1",))))
    told("its programme, top subs", 1, lambda: columns.count(ask(17, by=("sub1",), partners=None)))
    told("its programme, devices", 1, lambda: columns.count(ask(17, by=("device",), partners=None)))


def measure(folder: Path, rounds: int) -> None:
    """Questions to sealed files."""
    import duckdb  # noqa: PLC0415

    from molva.tracking import sealedfile  # noqa: PLC0415
    from molva.tracking.columns.duck import DuckColumns  # noqa: PLC0415
    from molva.tracking.columns.words import Countries  # noqa: PLC0415

    clicks = folder / "clicks"
    columns = DuckColumns(clicks, Countries(""), seconds=600)
    files = [str(path) for path in sealedfile.list_sealed(clicks)]
    [(count,)] = duckdb.execute("SELECT count(*) FROM read_parquet($1)", [files]).fetchall()
    print(f"sealed questions, {len(files)} days, {count:,} clicks (first, then the median of {rounds}):")
    for rank in RANKS:
        told(f"partner {rank}, top subs", rounds, lambda rank=rank: columns.count(ask(rank, by=("sub1",))))
    told("partner 17, by day and device", rounds, lambda: columns.count(ask(17, by=("day", "device"))))
    told("partner 17, top referrers of telephones", rounds,
         lambda: columns.count(ask(17, by=("referrer",), where={"device": "phone"})))  # fmt: skip
    told("a programme, top subs", rounds, lambda: columns.count(ask(17, by=("sub1",), partners=None)))
    told(
        "a programme, top campaigns",
        rounds,
        lambda: columns.count(ask(17, by=("utm_campaign",), partners=None)),
    )
    told(
        "a programme, hours of the week",
        rounds,
        lambda: columns.count(ask(17, by=("weekday_hour",), partners=None)),
    )
    found = duckdb.execute(
        "SELECT epoch_us(clicked_at) << 11 | node FROM read_parquet($1) USING SAMPLE 500", [files]
    )
    ids = [one for (one,) in found.fetchall()]
    told("device of 500 single clicks", rounds, lambda: columns.describe(ids, "device"))


def ask(rank: int, **more: object) -> object:
    """A question to all days for a partner."""
    from molva.programmes.models import Partner  # noqa: PLC0415
    from molva.tracking.columns.questions import ClickQuestion  # noqa: PLC0415

    programme = Partner.unscoped.values_list("programme_id", flat=True).get(pk=rank)
    words = {"partners": [rank], "limit": 50, **more}
    return ClickQuestion(programme, FIRST, FIRST + timedelta(days=400), ZoneInfo("Europe/Moscow"), **words)


def told(what: str, rounds: int, work: Callable[[], object]) -> None:
    """Run it once and then so many times; print milliseconds."""
    times = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        answer = work()
        times.append(1000 * (time.perf_counter() - began))
    clicks = (
        f"{sum(row.clicks for row in answer.rows):,} clicks"
        if hasattr(answer, "rows")
        else f"{len(answer)} found"
    )
    print(f"  {what:42} {times[0]:8.0f} ms {median(times[1:]):8.0f} ms   {clicks}")


if __name__ == "__main__":
    main()
