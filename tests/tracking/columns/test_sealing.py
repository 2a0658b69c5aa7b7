"""Sealing: a day's clicks come out the same, a death at any moment loses nothing, late clicks are joined."""

import sqlite3
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from molva.domain.click_id import click_micros
from molva.kit import clock
from molva.tracker.ids import IdSource
from molva.tracker.writer import ClickWriter
from molva.tracking import clickfile, sealedfile
from molva.tracking.clickfile import ClickFileMissingError, RawClick
from molva.tracking.columns import duckdb_engine, sealing, upkeep
from molva.tracking.columns.duck import DuckColumns
from molva.tracking.columns.errors import SealingError
from molva.tracking.columns.hot import HotColumns
from molva.tracking.columns.upkeep import tend_clicks
from molva.tracking.columns.words import Countries
from molva.tracking.models import ClickDay, ClickHour
from molva.tracking.recount import rebuild_day
from tests.tracking.columns.conftest import World
from tests.tracking.columns.sample import DAYS, END, count_plainly, load_all

DAY = timedelta(days=1)


def later(days: int) -> Any:
    """The present is so many days and an hour after the end of the last day of clicks."""
    return clock.pretend(END + days * DAY + timedelta(hours=1))


def raw_days(world: World) -> list[str]:
    return [path.name[7:15] for path in clickfile.list_files(world.folder)]


def sealed_days(world: World) -> list[str]:
    return [path.name[7:15] for path in sealedfile.list_sealed(world.folder)]


def whole(world: World) -> Any:
    return DuckColumns(world.folder, Countries("")).count(world.ask(by=("day", "partner", "sub1")))


def figures() -> tuple[list[Any], list[Any]]:
    days = ClickDay.objects.order_by("day", "partner", "link_key")
    hours = ClickHour.objects.order_by("hour", "partner")
    return (
        list(days.values_list("day", "partner", "link_key", "clicks", "visitors", "bots")),
        list(hours.values_list("hour", "partner", "clicks")),
    )


def read(path: Path, what: str) -> list[Any]:
    return duckdb.sql(f"SELECT {what} FROM '{path}'").fetchall()  # noqa: S608 - a path of the test


def test_finished_days_are_sealed_and_raw_files_go_later(world: World) -> None:
    before = whole(world)

    with later(0):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([*DAYS[:2]], [*DAYS])
    with later(7):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([*DAYS], [])
        assert whole(world) == before
    assert sorted(path.name for path in world.folder.iterdir()) == [
        *(f"clicks-{day}.parquet" for day in DAYS), "upkeep.lock"
    ]  # fmt: skip


def test_run_again_it_changes_nothing(world: World) -> None:
    with later(7):
        tend_clicks(world.folder)
        before = {path: path.stat().st_mtime_ns for path in world.folder.iterdir()}
        tend_clicks(world.folder)
    assert {path: path.stat().st_mtime_ns for path in world.folder.iterdir()} == before


def test_the_sealed_file_is_what_an_analyst_expects(world: World) -> None:
    with later(2):
        tend_clicks(world.folder)
    path = world.path(DAYS[0]).with_suffix(".parquet")
    mine = [click for click in world.clicks if clickfile.file_of(click.id)[7:15] == DAYS[0]]

    rows = read(path, "programme, partner, clicked_at, node")
    assert rows == sorted(rows)
    assert duckdb.read_parquet(str(path)).columns == list(sealing.SEALED_COLUMNS)
    ids = read(path, "epoch_us(clicked_at) << 11 | node")
    assert sorted(one for (one,) in ids) == [click.id for click in mine]
    assert {pair for pair in read(path, "partner, programme = 0") if pair[1]} == {(987_654, True)}
    assert sealedfile.sealed_last_id(path) == mine[-1].id


def test_what_is_not_loaded_is_not_sealed(world: World) -> None:
    last = clickfile.last_id(world.path(DAYS[1]))
    clickfile.store_clicks(world.folder, [world.clicks[0]._replace(id=last + 2048)])

    with later(9):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([DAYS[0], DAYS[2]], [DAYS[1]])
        load_all()
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([*DAYS], [])


class Killed(BaseException):
    """The process dies here: nothing catches it."""


STEPS: dict[str, tuple[Any, str]] = {
    "before writing": (sealing, "_write"),
    "before the copy is durable": (sealing, "_sync_file"),
    "before the proof": (sealing, "_one"),
    "before the name": (Path, "replace"),
    "after the name": (sealedfile, "sync_folder"),
    "before the drop": (sealedfile, "drop_file"),
    "before the name of the raw file goes": (Path, "unlink"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_death_at_any_step_loses_nothing(world: World, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, owner = whole(world), STEPS[step]

    def die(*args: Any, **options: Any) -> Any:
        raise Killed

    with later(9):
        with monkeypatch.context() as dying:
            dying.setattr(*owner, die)
            with pytest.raises(Killed):
                tend_clicks(world.folder)
        assert {*raw_days(world), *sealed_days(world)} == {*DAYS}
        assert whole(world) == before
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([*DAYS], [])
        assert whole(world) == before
        assert not list(world.folder.glob("*.part"))


@pytest.mark.parametrize(
    "change",
    [
        "link = link + 1", "sub3 = 'spoilt'", "visitor = visitor // 2", "page = NULL", "device = 'tablets'",
        "clicked_at = clicked_at + INTERVAL 1 microsecond",
    ],
)  # fmt: skip
def test_a_copy_that_is_not_equal_is_thrown_away(
    world: World, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that gives back something else: one value of one row differs."""
    write = sealing._write

    def spoil(duck: Any, draft: Path, last: int) -> None:
        one = "rowid = (SELECT min(rowid) FROM sealed WHERE page IS NOT NULL)"
        duck.execute(f"UPDATE sealed SET {change} WHERE {one}")  # noqa: S608 - words of the test
        write(duck, draft, last)

    monkeypatch.setattr(sealing, "_write", spoil)
    with later(9), pytest.raises(SealingError, match=r"20261024.*20261025.*20261026"):
        tend_clicks(world.folder)
    assert (sealed_days(world), raw_days(world)) == ([], [*DAYS])
    assert not list(world.folder.glob("*.part"))


def test_a_row_that_got_lost_on_the_way_in_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    append = sealing._append

    def lose(duck: Any, table: str, rows: Any) -> None:
        append(duck, table, list(rows)[1:] if table == "raw" else rows)

    monkeypatch.setattr(sealing, "_append", lose)
    with later(9), pytest.raises(SealingError, match="not equal"):
        tend_clicks(world.folder)
    assert (sealed_days(world), raw_days(world)) == ([], [*DAYS])


def late_clicks(world: World, count: int = 20) -> list[RawClick]:
    """Clicks that a tracker stores whose clock has fallen back into the first day: it starts anew."""
    moment = clock.to_micros(clickfile.moment_of(world.clicks[10].id))
    ids = IdSource(world.folder)
    made = [
        world.clicks[at]._replace(id=ids.next(moment + at), partner=world.partners[0], flags=0)
        for at in range(count)
    ]
    problems: list[BaseException | None] = []
    writer = ClickWriter(world.folder)
    writer.start()
    writer.submit(made, problems.append)
    writer.stop()
    writer.join(10)
    assert problems == [None]
    return made


@pytest.mark.parametrize("raw_days_kept", [0, 100])
def test_late_clicks_of_a_sealed_day_are_loaded_and_joined(
    world: World, settings: Any, raw_days_kept: int
) -> None:
    settings.MOLVA_KEEP_RAW_DAYS = raw_days_kept
    with later(9):
        tend_clicks(world.folder)
        sealed = sealedfile.sealed_last_id(world.path(DAYS[0]).with_suffix(".parquet"))
        made = late_clicks(world)
        assert made[0].id > sealed
        assert click_micros(made[0].id) - click_micros(sealed) == 1
        question = world.ask(by=("sub1", "day"))
        load_all()

        def answer() -> Any:
            return DuckColumns(world.folder, Countries("")).count(question).rows

        expected = count_plainly([*world.clicks, *made], question, set(world.partners))
        assert answer() == expected
        tend_clicks(world.folder)
        assert answer() == expected
        assert sealedfile.sealed_last_id(world.path(DAYS[0]).with_suffix(".parquet")) == made[-1].id
        assert world.path(DAYS[0]).exists() is (raw_days_kept == 100)


def test_late_clicks_of_a_dropped_day_are_counted_too(world: World, settings: Any) -> None:
    settings.MOLVA_KEEP_CLICKS_DAYS = 30
    with later(60):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([], [])
        before = sum(ClickDay.objects.values_list("clicks", flat=True))
        late_clicks(world)
        load_all()
        assert sum(ClickDay.objects.values_list("clicks", flat=True)) == before + 20
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([], [])


def test_a_file_that_the_tracker_has_open_stays(world: World) -> None:
    writer = ClickWriter(world.folder)
    stored: list[BaseException | None] = []
    writer.start()
    last = clickfile.last_id(world.path(DAYS[0]))
    clicks = [world.clicks[0]._replace(id=last + 2048 * n, flags=0) for n in (1, 2)]
    writer.submit(clicks[:1], stored.append)
    wait_until(lambda: stored == [None])
    load_all()

    with later(9):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([*DAYS], [DAYS[0]])
        writer.submit(clicks[1:], stored.append)  # its clock is back in that day
        wait_until(lambda: stored == [None, None])
        load_all()
        writer.stop()
        writer.join(10)
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([*DAYS], [])
    assert sealedfile.sealed_last_id(world.path(DAYS[0]).with_suffix(".parquet")) == clicks[1].id


def wait_until(is_so: Callable[[], bool]) -> None:
    end = datetime.now() + timedelta(seconds=10)  # noqa: DTZ005 - a length
    while not is_so():
        assert datetime.now() < end  # noqa: DTZ005


def test_a_writer_never_keeps_a_file_that_was_dropped_while_it_opened_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, connect = world.path(DAYS[0]), sqlite3.connect
    dropped: list[bool] = []

    def slow(*args: Any, **options: Any) -> sqlite3.Connection:
        made = connect(*args, **options)
        if args[0] == path and not dropped:
            dropped.append(True)
            monkeypatch.setattr(sqlite3, "connect", connect)
            assert sealedfile.drop_file(path, last_id=clickfile.last_id(path))
            monkeypatch.setattr(sqlite3, "connect", slow)
        return made

    monkeypatch.setattr(sqlite3, "connect", slow)
    connection = clickfile.open_for_writing(path, busy_seconds=1)

    assert dropped == [True]
    assert connection.execute("SELECT count(*) FROM clicks").fetchone() == (0,)
    assert path.exists()
    connection.close()


def test_a_file_with_a_newer_click_is_not_dropped(world: World) -> None:
    path = world.path(DAYS[0])

    assert not sealedfile.drop_file(path, last_id=clickfile.last_id(path) - 1)
    assert path.exists()


def test_clicks_are_kept_as_long_as_the_settings_say(world: World, settings: Any) -> None:
    settings.MOLVA_KEEP_RAW_DAYS, settings.MOLVA_KEEP_CLICKS_DAYS = 2, 11
    before = figures()
    with later(8):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([*DAYS], [])
    with later(10):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([DAYS[2]], [])
        answer = whole(world)
        assert answer.known_from == END - DAY
        assert {row.keys[0] for row in answer.rows} == {"2026-10-26", "2026-10-27"}
    with later(11):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([], [])
        assert whole(world).known_from == END
        with pytest.raises(ClickFileMissingError):
            rebuild_day(date(2026, 10, 25))
    assert figures() == before


def test_for_ever_is_for_ever(world: World, settings: Any) -> None:
    settings.MOLVA_KEEP_CLICKS_DAYS = 0
    with later(4000):
        tend_clicks(world.folder)
    assert sealed_days(world) == [*DAYS]


def test_without_the_extra_raw_files_stay_as_long_as_clicks_do(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_engine, "is_installed", lambda: False)
    settings.MOLVA_KEEP_CLICKS_DAYS = 30
    with later(27):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([], [*DAYS])
    with later(28):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([], [*DAYS[1:]])
        assert HotColumns(world.folder, Countries("")).count(world.ask()).known_from == END - 2 * DAY


def test_when_the_extra_is_gone_the_sealed_days_are_told_as_unknown(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MOLVA_KEEP_RAW_DAYS = 9
    hot = HotColumns(world.folder, Countries(""))
    with later(7):
        tend_clicks(world.folder)
        assert (sealed_days(world), raw_days(world)) == ([*DAYS], [DAYS[1], DAYS[2]])
        assert hot.count(world.ask()).known_from == END - 2 * DAY
        late_clicks(world)
        load_all()
        assert hot.count(world.ask()).known_from == END - 2 * DAY  # a few late ones are not the day
    monkeypatch.setattr(duckdb_engine, "is_installed", lambda: False)
    with pytest.raises(ClickFileMissingError):
        rebuild_day(date(2026, 10, 24))


def test_one_upkeep_at_a_time(world: World) -> None:
    with later(9), upkeep._alone(world.folder) as is_alone:
        assert is_alone
        tend_clicks(world.folder)
        assert sealed_days(world) == []


def test_a_broken_file_holds_up_no_other_day(world: World) -> None:
    (world.folder / f"clicks-{DAYS[0]}.parquet").write_bytes(b"no Parquet at all, and no footer")

    with later(9), pytest.raises(ValueError, match="not a whole Parquet file"):
        tend_clicks(world.folder)


def test_a_day_counted_anew_from_sealed_clicks_comes_out_equal(world: World) -> None:
    before = figures()
    with later(9):
        tend_clicks(world.folder)
        assert raw_days(world) == []
        ClickDay.objects.update(clicks=1, visitors=99)
        ClickHour.objects.update(clicks=5)
        for day in range(23, 29):
            rebuild_day(date(2026, 10, day))
    assert figures() == before


def test_a_day_counted_anew_from_both_counts_each_click_once(world: World) -> None:
    with later(9):
        tend_clicks(world.folder)
        late_clicks(world)
        load_all()
        before = figures()
        for day in range(23, 29):
            rebuild_day(date(2026, 10, day))
    assert figures() == before
