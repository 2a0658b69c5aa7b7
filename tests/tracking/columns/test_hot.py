"""Questions to the day files: every dimension equals a plain count, and the sums are those of the reports."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum

from molva.tracking import clickfile
from molva.tracking.columns.errors import NoAnswerError
from molva.tracking.columns.hot import HotColumns
from molva.tracking.columns.keys import DIMENSIONS
from molva.tracking.columns.words import Countries
from molva.tracking.models import ClickDay, IngestMark
from tests.tracking.columns.conftest import World
from tests.tracking.columns.sample import BERLIN, DAYS, QUESTIONS, count_plainly, load_all, word


def hot(world: World, **options: Any) -> HotColumns:
    return HotColumns(world.folder, Countries(""), **options)


def test_each_dimension_equals_a_plain_count(world: World) -> None:
    questions = {name: world.ask(by=(name,)) for name in DIMENSIONS}

    answers = {name: hot(world).count(question) for name, question in questions.items()}

    assert answers == {
        name: (count_plainly(world.clicks, question, set(world.partners)), None)
        for name, question in questions.items()
    }


def test_questions_equal_a_plain_count(world: World) -> None:
    for changes in QUESTIONS:
        question = world.ask(**changes)
        assert hot(world).count(question).rows == count_plainly(
            world.clicks, question, set(world.partners)
        ), changes


def test_one_partner_of_several(world: World) -> None:
    question = world.ask(partners=world.partners[1:3], by=("partner", "sub1"))

    rows = hot(world).count(question).rows

    assert {row.keys[0] for row in rows} == {str(pk) for pk in world.partners[1:3]}
    assert rows == count_plainly(world.clicks, question, set(world.partners))


def test_clicks_of_another_programme_cannot_be_asked_for(world: World) -> None:
    strangers = {click.partner for click in world.clicks} - set(world.partners)

    assert hot(world).count(world.ask(partners=strangers)).rows == [((), 0, 0, 0)]
    assert hot(world).count(world.ask(partners=strangers, by=("sub1",))).rows == []


def test_the_rows_with_the_most_clicks_come_first(world: World) -> None:
    everything = hot(world).count(world.ask(by=("sub1",))).rows

    assert hot(world).count(world.ask(by=("sub1",), limit=3)).rows == everything[:3]
    assert len(everything) > 5


def test_only_loaded_clicks_count_and_the_sums_are_those_of_the_reports(world: World) -> None:
    question = world.ask(by=("day",))
    before = hot(world).count(question).rows
    last = clickfile.last_id(world.path(DAYS[2]))
    newer = [click._replace(id=last + 2048 * n) for n, click in enumerate(world.clicks[:30], 1)]
    clickfile.store_clicks(world.folder, newer)

    assert hot(world).count(question).rows == before
    sums = (
        ClickDay.objects.filter(programme=world.programme).values("day").annotate(Sum("clicks"), Sum("bots"))
    )
    assert {(row.keys[0], row.clicks, row.bots) for row in before} == {
        (day["day"].isoformat(), day["clicks__sum"], day["bots__sum"]) for day in sums
    }
    load_all()
    expected = count_plainly([*world.clicks, *newer], question, set(world.partners))
    assert hot(world).count(question).rows == expected != before


def test_a_visitor_of_three_days_is_one_visitor(world: World) -> None:
    [whole] = hot(world).count(world.ask()).rows
    days = hot(world).count(world.ask(by=("day",))).rows

    human = {
        click.visitor
        for click in world.clicks
        if click.partner in world.partners and not click.flags & clickfile.NOT_A_TOUCH
    }
    assert whole.visitors == len(human) < sum(day.visitors for day in days)


def test_a_day_without_its_file_is_told(world: World) -> None:
    world.path(DAYS[1]).unlink()

    answer = hot(world).count(world.ask(by=("day",), zone=ZoneInfo("UTC")))

    assert answer.known_from == datetime(2026, 10, 26, tzinfo=UTC)
    assert {row.keys[0] for row in answer.rows} == {"2026-10-24", "2026-10-26"}


def test_single_clicks_are_told_by_the_same_words(world: World) -> None:
    some = world.clicks[::7]
    ids = [*(click.id for click in some), 5, world.clicks[-1].id + 1]
    for dimension in DIMENSIONS:
        words = hot(world).describe(ids, dimension, zone=BERLIN)
        assert words == {click.id: word(click, dimension, BERLIN, lambda ip: "") for click in some}, dimension


def test_a_question_that_takes_too_long_is_given_up(world: World) -> None:
    with pytest.raises(NoAnswerError) as caught:
        hot(world, seconds=-1).count(world.ask(by=("sub1", "hour")))
    assert caught.value.why == "slow"


def test_nothing_stored_is_nothing_counted(empty_world: World) -> None:
    assert hot(empty_world).count(empty_world.ask()) == ([((), 0, 0, 0)], None)
    assert hot(empty_world).count(empty_world.ask(by=("sub1",))) == ([], None)
    assert hot(empty_world).describe([], "sub1") == {}
    assert IngestMark.objects.count() == 0
