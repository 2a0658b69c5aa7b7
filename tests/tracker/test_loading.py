"""Loading beside other loaders, and what of visits is forgotten."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from molva.domain.click_id import visitor_text
from molva.kit.clock import pretend, to_micros
from molva.programmes.models import Partner, TermsVersion
from molva.tracking import ingest
from molva.tracking.forgetting import forget_touches
from molva.tracking.ingest import click_folder, ingest_clicks
from molva.tracking.models import ClickDay, ClickTotal, CustomerVisitor, IngestMark, Link, Touch
from molva.tracking.recount import rebuild_day
from molva.workspaces.scoping import scope
from tests.factories import make_customer, make_partner, make_programme, make_workspace
from tests.tracker.test_ingest import MINUTE, START, click, evening, store

NOW = datetime(2028, 6, 1, tzinfo=UTC)


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


def test_a_quicker_loader_leaves_nothing_to_be_written_twice(
    partner: Partner, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(evening(partner, link))
    count = ingest.tally

    def meanwhile(*args: Any) -> Any:
        """Another loader takes the first half while this one is still counting."""
        made = count(*args)
        monkeypatch.setattr(ingest, "tally", count)
        ingest_clicks(limit=30)
        return made

    monkeypatch.setattr(ingest, "tally", meanwhile)

    assert ingest_clicks() == 30
    assert Touch.objects.count() == 54
    assert sum(ClickDay.objects.values_list("clicks", flat=True)) == 54
    assert rebuild_day(datetime(2026, 11, 23, tzinfo=UTC).date()) == 0


def test_files_of_two_machines_count_a_visitor_once(partner: Partner, link: Link, tmp_path: Path) -> None:
    store([click(START + minute * MINUTE, partner, link.pk, visitor=7) for minute in range(3)])
    other = tmp_path / "other"
    other.mkdir()
    first = next(click_folder().glob("clicks-*.db"))
    ingest_clicks()
    first.rename(other / first.name.replace("clicks-", "clicks-").replace(".db", ".bak"))
    for leftover in click_folder().glob("clicks-*"):
        leftover.unlink()
    store([click(START + (10 + minute) * MINUTE, partner, link.pk, visitor=7) for minute in range(2)])
    IngestMark.objects.filter(file=first.name).update(file="clicks-20200101-9.db")  # as if of another node

    assert ingest_clicks() == 2
    [day] = ClickDay.objects.all()
    assert (day.clicks, day.visitors) == (5, 1)
    totals = ClickTotal.objects.order_by("partner_key").values_list("partner_key", "clicks", "visitors")
    assert list(totals) == [(0, 5, 1), (partner.pk, 5, 1)]


def touch(partner: Partner, visitor: int, *, days_ago: int) -> Touch:
    at = NOW - timedelta(days=days_ago)
    name = visitor_text(visitor.to_bytes(8, "big"))
    return Touch.objects.create(
        pk=to_micros(at) << 11 | visitor, programme=partner.programme, partner=partner, visitor=name
    )


def terms(partner: Partner, number: int, window: int | None) -> None:
    TermsVersion.objects.create(
        programme=partner.programme,
        number=number,
        valid_from=NOW - timedelta(days=900),
        settings={"attribution": {"click_window_days": window}},
        rules=[],
    )


@pytest.mark.parametrize(
    ("wish", "windows", "left"),
    [
        (0, [30], [100, 424, 426, 500, 900]),  # nobody has asked for it
        (1, [30], [100, 424]),  # a cookie of 365 days, and 60 for orders told late
        (480, [30], [100, 424, 426]),  # more is wished
        (1, [30, 800], [100, 424, 426, 500]),  # the longest window there ever was
        (1, [30, None], [100, 424, 426, 500, 900]),  # clicks of this programme count without end
    ],
)
def test_touches_are_forgotten_when_nobody_can_use_them(
    partner: Partner, settings: Any, wish: int, windows: list[int | None], left: list[int]
) -> None:
    settings.MOLVA_TOUCH_DAYS = wish
    for number, window in enumerate(windows, 1):
        terms(partner, number, window)
    days = {
        touch(partner, number, days_ago=ago).pk: ago for number, ago in enumerate([100, 424, 426, 500, 900])
    }

    with pretend(NOW):
        forgotten = forget_touches()

    assert sorted(days[pk] for pk in Touch.objects.values_list("pk", flat=True)) == left
    assert forgotten == 5 - len(left)


def test_touches_of_a_customer_are_never_forgotten(partner: Partner, settings: Any) -> None:
    settings.MOLVA_TOUCH_DAYS = 1
    terms(partner, 1, 30)
    kept, gone = touch(partner, 1, days_ago=900), touch(partner, 2, days_ago=900)
    CustomerVisitor.objects.create(
        programme=partner.programme, customer=make_customer(partner.programme), visitor=kept.visitor
    )

    with pretend(NOW):
        assert forget_touches() == 1

    assert list(Touch.objects.values_list("pk", flat=True)) == [kept.pk]
    assert gone.pk != kept.pk
