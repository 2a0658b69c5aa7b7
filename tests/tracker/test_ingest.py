"""Loading of click files: exactly once, whatever is repeated or breaks off, and equal when counted anew."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from molva.domain.click_id import make_click_id, visitor_text
from molva.kit.clock import from_micros, to_micros
from molva.programmes.models import Partner, Programme
from molva.tracker.writer import ClickWriter
from molva.tracking import clickfile, ingest
from molva.tracking.clickfile import (
    FLAG_BEACON,
    FLAG_BOT,
    FLAG_HEAD,
    FLAG_QR,
    ClickFileMissingError,
    Extras,
    RawClick,
)
from molva.tracking.forgetting import forget_old_hours
from molva.tracking.ingest import click_folder, ingest_clicks
from molva.tracking.models import ClickDay, ClickHour, IngestMark, Link, Touch
from molva.tracking.recount import rebuild_day
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace

# 22:30 in Moscow: the second half of these clicks belongs to the next day of the programme, not of UTC.
START = to_micros(datetime(2026, 11, 23, 19, 30, tzinfo=UTC))
MINUTE = 60_000_000


@pytest.fixture
def partner(db: None, settings: Any, tmp_path: Path) -> Iterator[Partner]:
    settings.DATA_DIR = tmp_path
    with scope(make_workspace()):
        yield make_partner(make_programme(shop_url="https://shop.example/"))


@pytest.fixture
def link(partner: Partner) -> Link:
    made = Link(programme=partner.programme, partner=partner, code="one", target_url="https://shop.example/")
    made.save()
    return made


def click(
    at: int, partner: Partner, link: int = 0, visitor: int = 1, flags: int = 0, **more: Any
) -> RawClick:
    return RawClick(
        make_click_id(at),
        link,
        partner.pk,
        visitor.to_bytes(8, "big"),
        flags,
        None,
        "Mozilla/5.0",
        more.get("referrer"),
        Extras(**more["extras"]) if "extras" in more else None,
    )


def store(clicks: list[RawClick]) -> None:
    problems: list[BaseException | None] = []
    click_folder().mkdir(exist_ok=True)
    writer = ClickWriter(click_folder())
    writer.start()
    writer.submit(clicks, problems.append)
    writer.stop()
    writer.join(10)
    assert problems == [None]


def load(**limits: Any) -> set[str]:
    """Load, and give the visitors that reactions were told of."""
    touched: set[str] = set()
    ingest_clicks(react=touched.update, **limits)
    return touched


def evening(partner: Partner, link: Link) -> list[RawClick]:
    """Sixty clicks, one a minute, of seven visitors, through midnight in Moscow; every tenth is a bot's."""
    return [
        click(
            START + minute * MINUTE,
            partner,
            link.pk if minute % 3 else 0,
            visitor=minute % 7,
            flags=FLAG_BOT if minute % 10 == 9 else FLAG_BEACON if not minute % 3 else 0,
        )
        for minute in range(60)
    ]


def days() -> list[tuple[Any, ...]]:
    return list(
        ClickDay.objects.order_by("day", "link_key").values_list(
            "day", "link_key", "clicks", "visitors", "bots"
        )
    )


def hours() -> list[tuple[Any, ...]]:
    return list(ClickHour.objects.order_by("hour").values_list("hour", "clicks"))


def expected_days(clicks: list[RawClick], link: Link) -> list[tuple[Any, ...]]:
    found = []
    for day, since, until in ((23, 0, 90), (24, 90, 180)):
        of_day = [
            one
            for one in clicks
            if since <= (clickfile.moment_of(one.id) - from_micros(START)).seconds / 60 < until
        ]
        for key in (0, link.pk):
            mine = [one for one in of_day if one.link == key]
            human = [one for one in mine if not one.flags & FLAG_BOT]
            if mine:
                visitors = len({one.visitor for one in human})
                found.append((date(2026, 11, day), key, len(human), visitors, len(mine) - len(human)))
    return found


def test_a_click_becomes_a_touch_with_its_source(partner: Partner, link: Link) -> None:
    extras = {"sub1": "post", "utm": "utm_source=vk", "page": "/tea?aff=A"}
    store([click(START, partner, link.pk, visitor=5, referrer="https://vk.com/wall?x=1", extras=extras)])

    visitors = load()

    [touch] = Touch.objects.all()
    assert visitors == {touch.visitor} == {visitor_text((5).to_bytes(8, "big"))}
    assert (touch.partner, touch.link, touch.programme) == (partner, link, partner.programme)
    assert (touch.at, touch.pk, touch.kind) == (from_micros(START), make_click_id(START), "link")
    assert touch.source == {
        "referrer_host": "vk.com",
        "sub1": "post",
        "utm": "utm_source=vk",
        "landing": "/tea?aff=A",
    }


def test_kind_of_a_touch_is_that_of_its_link(partner: Partner, link: Link) -> None:
    link.kind = "qr"
    link.save()
    store([click(START, partner, link.pk), click(START + 1, partner, 0), click(START + 2, partner, 99_999)])

    ingest_clicks()

    assert list(Touch.objects.order_by("pk").values_list("kind", "link_id")) == [
        ("qr", link.pk),
        ("link", None),
        ("link", None),
    ]


def test_a_click_by_a_picture_is_one_whatever_the_link(partner: Partner, link: Link) -> None:
    store([click(START, partner, link.pk, flags=FLAG_QR), click(START + 1, partner, flags=FLAG_QR)])

    ingest_clicks()

    assert list(Touch.objects.values_list("kind", flat=True)) == ["qr", "qr"]


def test_files_of_several_nodes_are_loaded_side_by_side(partner: Partner, link: Link) -> None:
    mine = [click(START + number, partner, link.pk, visitor=number) for number in range(3)]
    other = [one._replace(id=one.id + 5) for one in mine]
    clickfile.store_clicks(click_folder(), sorted(mine + other))
    names = ["clicks-20261123-5.db", "clicks-20261123.db"]

    assert [path.name for path in clickfile.list_files(click_folder())] == names
    for _ in range(3):
        ingest_clicks(limit=4)
    assert Touch.objects.count() == 6
    marks = dict(IngestMark.objects.exclude(file="*").values_list("file", "last_click_id"))
    assert marks == {names[0]: other[-1].id, names[1]: mine[-1].id}
    before = days()
    rebuild_day(date(2026, 11, 23))
    assert days() == before

    (click_folder() / names[0]).unlink()  # as it were: it lies on another machine
    with pytest.raises(ClickFileMissingError, match="clicks-20261123-5"):
        rebuild_day(date(2026, 11, 23))


@pytest.mark.parametrize("flag", [FLAG_BOT, FLAG_HEAD, clickfile.FLAG_PREFETCH, clickfile.FLAG_EMBEDDED])
def test_what_is_no_person_is_counted_apart(partner: Partner, link: Link, flag: int) -> None:
    store([click(START, partner, link.pk, flags=flag)])

    assert load() == set()
    assert Touch.objects.count() == 0
    assert days() == [(date(2026, 11, 23), link.pk, 0, 0, 1)]
    assert hours() == []


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_counts_are_the_same_in_any_portions(partner: Partner, link: Link, limit: int) -> None:
    clicks = evening(partner, link)
    store(clicks[:25])
    for _ in range(40):
        ingest_clicks(limit=limit)
    store(clicks[25:])
    for _ in range(60):
        ingest_clicks(limit=limit)

    assert days() == expected_days(clicks, link)
    assert [count for _, count in hours()] == [27, 27]
    assert Touch.objects.count() == 54
    assert ingest_clicks() == 0


def test_days_are_those_of_the_programme(partner: Partner, link: Link) -> None:
    """22:30 to 01:30 in Moscow lies on one UTC day and two days of the programme."""
    clicks = [
        click(START + number * 10 * MINUTE, partner, link.pk, visitor=number % 4) for number in range(18)
    ]
    store(clicks)
    ingest_clicks()

    assert (
        days()
        == expected_days(clicks, link)
        == [
            (date(2026, 11, 23), link.pk, 9, 4, 0),
            (date(2026, 11, 24), link.pk, 9, 4, 0),
        ]
    )


def test_a_crash_inside_leaves_nothing_half_done(
    partner: Partner, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    clicks = evening(partner, link)
    store(clicks)

    def break_off(*args: Any) -> None:
        """The last step of a portion: all its other effects are written."""
        keep(*args)
        raise ZeroDivisionError

    keep = ingest.add_hours
    with monkeypatch.context() as broken:
        broken.setattr(ingest, "add_hours", break_off)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                ingest_clicks()
    assert (Touch.objects.count(), days(), hours()) == (0, [], [])

    ingest_clicks()
    assert days() == expected_days(clicks, link)


def test_a_rolled_back_reaction_gives_the_visitors_again(partner: Partner, link: Link) -> None:
    store([click(START, partner, link.pk)])

    def react() -> None:
        with transaction.atomic():
            assert len(load()) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        react()

    assert len(load()) == 1
    assert Touch.objects.count() == 1


def test_clicks_of_nobody_are_left_out(partner: Partner, link: Link) -> None:
    stranger = Partner(pk=987_654)
    store([click(START, stranger, 5), click(START + 1, partner, link.pk)])

    assert len(load()) == 1
    assert [row[2] for row in days()] == [1]


def test_each_workspace_gets_its_own(partner: Partner, link: Link) -> None:
    with scope(make_workspace()):
        other_programme: Programme = make_programme(timezone="Asia/Vladivostok")
        other = make_partner(other_programme)
    store([click(START, partner, link.pk), click(START + 1, other)])

    ingest_clicks()

    assert days() == [(date(2026, 11, 23), link.pk, 1, 1, 0)]
    with scope(other.workspace_id):
        assert days() == [(date(2026, 11, 24), 0, 1, 1, 0)]
        assert Touch.objects.get().programme == other_programme


def test_a_day_counted_anew_comes_out_equal(partner: Partner, link: Link) -> None:
    clicks = [
        click(START + number * 10 * MINUTE, partner, link.pk, visitor=number % 4) for number in range(36)
    ]
    store(clicks[:-2])
    ingest_clicks()
    store(clicks[-2:])  # not loaded yet: must not be counted before its turn
    before = (days(), hours())
    ClickDay.objects.update(clicks=1, visitors=99)
    ClickHour.objects.update(clicks=5)

    for number in (23, 24):
        rebuild_day(date(2026, 11, number))
    rebuild_day(date(2026, 11, 23))

    assert (days(), hours()) == before
    ingest_clicks()
    assert sum(row[2] for row in days()) == 36


def test_a_day_without_its_file_is_not_counted_anew(partner: Partner, link: Link) -> None:
    store([click(START, partner, link.pk)])
    ingest_clicks()
    before = days()
    for path in clickfile.list_files(click_folder()):
        path.unlink()

    with pytest.raises(ClickFileMissingError, match=r"clicks-20261123\.db"):
        rebuild_day(date(2026, 11, 23))
    assert days() == before


def test_old_hours_are_forgotten_and_days_stay(partner: Partner, link: Link) -> None:
    store([click(to_micros(datetime(2025, 1, 1, tzinfo=UTC)), partner, link.pk)])
    ingest_clicks()

    assert forget_old_hours() == 1
    assert (hours(), len(days())) == ([], 1)
