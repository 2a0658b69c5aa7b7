"""ClickHouse answers as DuckDB does: the driver's own statements, run by the embedded engine.

Needs `MOLVA_TEST_CHDB`, the path of a Python that has chdb (about 500 MB; `python -m venv X && X/bin/pip install
chdb`), and is skipped without it.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from molva.domain.click_id import click_micros
from molva.kit import clock
from molva.tracking import clickfile, sealedfile
from molva.tracking.columns import open_columns
from molva.tracking.columns.clickhouse import ClickHouse, ClickHouseColumns, ClickHouseError
from molva.tracking.columns.duck import DuckColumns
from molva.tracking.columns.errors import SealingError
from molva.tracking.columns.keys import DIMENSIONS
from molva.tracking.columns.upkeep import tend_clicks
from molva.tracking.columns.words import countries
from tests.tracking.columns.conftest import World
from tests.tracking.columns.mmdb import make_mmdb
from tests.tracking.columns.sample import BERLIN, DAYS, END, QUESTIONS, load_all
from tests.tracking.columns.test_words import RECORDS

PYTHON = os.environ.get("MOLVA_TEST_CHDB", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="MOLVA_TEST_CHDB names no Python with chdb")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server with a password."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [PYTHON, Path(__file__).with_name("chdb_server.py"), folder, "molva", "p@ss word"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout
        port = server.stdout.readline().strip()
        yield f"http://molva:p%40ss%20word@127.0.0.1:{port}/default"
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.fixture
def server(address: str) -> Iterator[ClickHouse]:
    """The same, empty."""
    with ClickHouse(address) as connected:
        connected.ask("DROP TABLE IF EXISTS molva_clicks")
        yield connected


@pytest.fixture(params=["all sealed", "one hot"])
def filled(
    world: World, settings: Any, server: ClickHouse, address: str, request: pytest.FixtureRequest
) -> World:
    """Sealed days here and there; raw files beside them."""
    geo = world.folder.parent / "geo.mmdb"
    geo.write_bytes(make_mmdb(RECORDS))
    settings.MOLVA_GEO_FILE, settings.MOLVA_KEEP_RAW_DAYS = str(geo), 1000
    settings.MOLVA_CLICKHOUSE_URL = address
    with clock.pretend(END + timedelta(days=0 if request.param == "one hot" else 1, hours=1)):
        tend_clicks(world.folder)
    assert len(server.days()) == (2 if request.param == "one hot" else 3)
    return world


def duck(world: World) -> DuckColumns:
    return DuckColumns(world.folder, countries(str(world.folder.parent / "geo.mmdb")))


def test_each_dimension_is_equal(filled: World) -> None:
    columns = open_columns()
    assert isinstance(columns, ClickHouseColumns)
    ids = [click.id for click in filled.clicks[::5]]
    for dimension in DIMENSIONS:
        question = filled.ask(by=(dimension,), zone=BERLIN)
        answer = columns.count(question)
        assert answer == duck(filled).count(question), dimension
        assert answer.rows
        words = columns.describe(ids, dimension, zone=BERLIN)
        assert words == duck(filled).describe(ids, dimension, zone=BERLIN), dimension
        assert sorted(words) == ids


def test_questions_are_equal(filled: World) -> None:
    for changes in QUESTIONS:
        assert open_columns().count(filled.ask(**changes)) == duck(filled).count(filled.ask(**changes)), (
            changes
        )


def test_bringing_a_day_again_changes_nothing(filled: World, server: ClickHouse) -> None:
    def state() -> Any:
        figures = "count(), toString(sum(cityHash64(* EXCEPT file))), uniqExact(file)"
        return server.ask(f"SELECT {figures} FROM molva_clicks FORMAT JSONCompactEachRow")  # noqa: S608

    before, path = state(), filled.path(DAYS[0]).with_suffix(".parquet")
    server.copy_day(DAYS[0], path)
    server.copy_day(DAYS[0], path)
    assert state() == before
    assert server.days()[DAYS[0]] == click_micros(sealedfile.sealed_last_id(path))


def test_late_clicks_are_brought_too_and_past_days_go(
    filled: World, server: ClickHouse, settings: Any
) -> None:
    last = clickfile.last_id(filled.path(DAYS[0]))
    late = filled.clicks[3]._replace(id=last + 2048, partner=filled.partners[0], flags=0)
    clickfile.store_clicks(filled.folder, [late])
    load_all()
    before = duck(filled).count(filled.ask(by=("sub1",)))
    assert open_columns().count(filled.ask(by=("sub1",))) == before
    with clock.pretend(END + timedelta(days=9)):
        tend_clicks(filled.folder)
        assert server.days()[DAYS[0]] == click_micros(late.id)
        assert open_columns().count(filled.ask(by=("sub1",))) == before
    settings.MOLVA_KEEP_CLICKS_DAYS = 11
    with clock.pretend(END + timedelta(days=10)):
        tend_clicks(filled.folder)
    assert sorted(server.days()) == [DAYS[2]]
    assert open_columns().count(filled.ask()).known_from == datetime(2026, 10, 26, tzinfo=UTC)


def test_a_copy_that_is_not_equal_takes_no_place(
    filled: World, server: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = server.ask("SELECT count(*) FROM molva_clicks FORMAT JSONCompactEachRow")
    ask = ClickHouse.ask

    def lose(self: ClickHouse, sql: str, *args: Any, **options: Any) -> Any:
        if sql.startswith("INSERT"):
            return []  # the server says yes and has stored nothing
        return ask(self, sql, *args, **options)

    monkeypatch.setattr(ClickHouse, "ask", lose)
    with pytest.raises(ClickHouseError, match="not equal"):
        server.copy_day(DAYS[0], filled.path(DAYS[0]).with_suffix(".parquet"))
    monkeypatch.undo()
    assert server.ask("SELECT count(*) FROM molva_clicks FORMAT JSONCompactEachRow") == before


def test_a_server_that_refuses_is_told_and_nothing_is_lost(world: World, settings: Any, address: str) -> None:
    settings.MOLVA_CLICKHOUSE_URL = address.replace("molva:", "stranger:")
    with clock.pretend(END + timedelta(days=9)), pytest.raises(SealingError, match="who are you"):
        tend_clicks(world.folder)
    assert len(list(sealedfile.list_sealed(world.folder))) == 3
