"""DuckDB over sealed days and hot ones answers as the hot files alone do, word for word."""

import shutil
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from molva.kit import clock
from molva.tracking import sealedfile
from molva.tracking.columns import duck as duck_module
from molva.tracking.columns import duckdb_engine, open_columns, why_no_countries
from molva.tracking.columns.clickhouse import ClickHouseColumns
from molva.tracking.columns.duck import DuckColumns
from molva.tracking.columns.errors import NoAnswerError
from molva.tracking.columns.hot import HotColumns
from molva.tracking.columns.keys import DIMENSIONS
from molva.tracking.columns.upkeep import tend_clicks
from molva.tracking.columns.words import Countries, countries
from tests.tracking.columns.conftest import World
from tests.tracking.columns.mmdb import make_mmdb
from tests.tracking.columns.sample import BERLIN, END, QUESTIONS, START, count_plainly
from tests.tracking.columns.test_words import RECORDS


@pytest.fixture(params=["all sealed", "one hot", "one dropped here and there"])
def both(world: World, settings: Any, request: pytest.FixtureRequest) -> tuple[DuckColumns, HotColumns]:
    """The same clicks for both: raw files of all days, sealed ones beside them; what DuckDB may use differs."""
    geo = world.folder.parent / "geo.mmdb"
    geo.write_bytes(make_mmdb(RECORDS))
    settings.MOLVA_GEO_FILE, settings.MOLVA_KEEP_RAW_DAYS = str(geo), 1000
    with clock.pretend(END + timedelta(days=1 if request.param != "one hot" else 0, hours=1)):
        tend_clicks(world.folder)
    assert len(list(sealedfile.list_sealed(world.folder))) == (2 if request.param == "one hot" else 3)
    by_file = countries(str(geo))
    hot = HotColumns(world.folder, by_file)
    duck = DuckColumns(world.folder, by_file)
    if request.param == "one dropped here and there":
        elsewhere = world.folder.parent / "elsewhere"
        elsewhere.mkdir()
        for number, path in enumerate(sealedfile.list_sealed(world.folder)):
            source = path if number != 1 else path.with_suffix(".db")
            shutil.copy(source, elsewhere)
        duck = DuckColumns(elsewhere, by_file)
    return duck, hot


def test_each_dimension_is_equal(world: World, both: tuple[DuckColumns, HotColumns]) -> None:
    duck, hot = both
    ids = [click.id for click in world.clicks[::5]]
    country_of = Countries(str(world.folder.parent / "geo.mmdb")).country_of
    for dimension in DIMENSIONS:
        question = world.ask(by=(dimension,), zone=BERLIN)
        answer = duck.count(question)
        assert answer == hot.count(question), dimension
        assert answer.rows == count_plainly(world.clicks, question, set(world.partners), country_of), (
            dimension
        )
        words = duck.describe(ids, dimension, zone=BERLIN)
        assert words == hot.describe(ids, dimension, zone=BERLIN), dimension
        assert sorted(words) == ids


def test_questions_are_equal(world: World, both: tuple[DuckColumns, HotColumns]) -> None:
    duck, hot = both
    for changes in QUESTIONS:
        assert duck.count(world.ask(**changes)) == hot.count(world.ask(**changes)), changes
        fewer = {**changes, "limit": 7}
        assert duck.count(world.ask(**fewer)) == hot.count(world.ask(**fewer)), changes


def test_one_partner_is_equal(world: World, both: tuple[DuckColumns, HotColumns]) -> None:
    duck, hot = both
    question = world.ask(partners=[world.partners[2]], by=("sub1", "referrer"), limit=10)
    assert duck.count(question) == hot.count(question)
    assert len(duck.count(question).rows) == 10


def test_only_the_files_of_the_period_are_read(world: World) -> None:
    with clock.pretend(END + timedelta(days=9)):
        tend_clicks(world.folder)
    columns = DuckColumns(world.folder, Countries(""))
    before = columns.count(world.ask(start=START, end=START + timedelta(days=1)))
    broken = world.path("20261025").with_suffix(".parquet")
    footer = broken.read_bytes()[-5000:]
    broken.write_bytes(footer)  # its last id can still be told, and nothing else

    assert columns.count(world.ask(start=START, end=START + timedelta(days=1))) == before
    with pytest.raises(duckdb.Error):
        columns.count(world.ask())


def test_a_day_that_is_sealed_under_a_question_is_asked_again(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MOLVA_KEEP_RAW_DAYS = 0
    columns = DuckColumns(world.folder, Countries(""))
    question = world.ask(by=("day", "sub1"))
    before = columns.count(question)
    parts = duck_module.hot_parts

    def slow(*args: Any) -> Any:
        found = parts(*args)
        if found:
            with clock.pretend(END + timedelta(days=9)):
                tend_clicks(world.folder)
        return found

    monkeypatch.setattr(duck_module, "hot_parts", slow)
    assert columns.count(question) == before
    assert not world.path("20261024").exists()


def test_a_question_that_takes_too_long_is_given_up(world: World) -> None:
    with clock.pretend(END + timedelta(days=9)):
        tend_clicks(world.folder)
    with (
        pytest.raises(NoAnswerError) as caught,
        duckdb_engine.session(world.folder, seconds=0.2) as duck,
    ):
        duck.execute("SELECT sum(hash(a.range + b.range)) FROM range(100000) a, range(100000) b").fetchall()
    assert caught.value.why == "slow"


def test_a_question_that_needs_too_much_memory_is_given_up(world: World) -> None:
    with pytest.raises(NoAnswerError) as caught, duckdb_engine.session(world.folder) as duck:
        duck.execute("SELECT list(repeat('x', 1000) || range) FROM range(3000000)").fetchall()
    assert caught.value.why == "large"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/molva-escape.csv'",
        "SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '/tmp/molva-escape.db'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
    ],
)
def test_the_engine_is_fenced_in(world: World, statement: str) -> None:
    with duckdb_engine.session(world.folder) as duck, pytest.raises(duckdb.Error):
        duck.execute(statement)
    assert not Path("/tmp/molva-escape.csv").exists()  # noqa: S108


def test_who_answers_follows_from_settings_and_extras(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(open_columns(), DuckColumns)
    monkeypatch.setattr(duckdb_engine, "is_installed", lambda: False)
    assert isinstance(open_columns(), HotColumns)
    settings.MOLVA_CLICKHOUSE_URL = "http://127.0.0.1:8123/clicks"
    assert isinstance(open_columns(), ClickHouseColumns)
    assert why_no_countries() == "unset"


def test_a_clickhouse_that_is_away_is_told(world: World, settings: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.MOLVA_CLICKHOUSE_URL = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(NoAnswerError) as caught:
            open_columns().count(world.ask())
    assert caught.value.why == "away"
