"""A history with clicks, orders, returns and two levels, told through the same doors as in life."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from molva.domain.click_id import make_click_id, make_token, visitor_text
from molva.kit.clock import to_micros
from molva.programmes.models import Partner
from molva.tracking import raw_clicks
from molva.tracking.clickfile import FLAG_BOT, NOT_A_TOUCH, Extras, RawClick, moment_of, store_clicks
from molva.tracking.columns.questions import Answer, ClickCount, ClickQuestion, Dimension
from molva.tracking.ingest import click_folder, ingest_clicks
from molva.tracking.keys import token_key
from molva.tracking.models import Link
from molva.workspaces.scoping import scope
from tests.commissions.conftest import START, Shop, make_shop, open_shop, shop  # noqa: F401 - fixtures
from tests.factories import make_workspace


@dataclass
class MemoryColumns:
    """A store of raw clicks as the protocol describes it, the plainest there can be."""

    programme: int
    clicks: list[RawClick] = field(default_factory=list)
    known_from: datetime | None = None

    def count(self, question: ClickQuestion) -> Answer:
        groups: dict[tuple[str, ...], list[RawClick]] = defaultdict(list)
        for one in self.clicks:
            at = moment_of(one.id)
            if question.programme != self.programme or not question.start <= at < question.end:
                continue
            if question.partners is not None and one.partner not in question.partners:
                continue
            if self.known_from and at < self.known_from:
                continue
            if all(word_of(one, name, question.zone) == word for name, word in question.where.items()):
                groups[tuple(word_of(one, name, question.zone) for name in question.by)].append(one)
        rows = [_counted(keys, found) for keys, found in groups.items()]
        rows.sort(key=lambda row: (-row.clicks, row.keys))
        return Answer(rows[: question.limit], self.known_from)

    def describe(self, click_ids: Collection[int], dimension: Dimension) -> dict[int, str]:
        return {
            one.id: word_of(one, dimension, UTC)  # type: ignore[arg-type]
            for one in self.clicks
            if one.id in click_ids
        }


def _counted(keys: tuple[str, ...], found: list[RawClick]) -> ClickCount:
    people = [one for one in found if not one.flags & NOT_A_TOUCH]
    return ClickCount(keys, len(people), len({one.visitor for one in people}), len(found) - len(people))


def word_of(click: RawClick, name: Dimension, zone: Any) -> str:
    """What a click says of a dimension."""
    at = moment_of(click.id).astimezone(zone)
    if name == "day":
        return at.date().isoformat()
    if name == "weekday_hour":
        return f"{at.weekday()}-{at.hour:02}"
    if name in ("partner", "link"):
        return str(getattr(click, name))
    extras = click.extras or Extras()
    if name == "referrer":
        return (urlsplit(click.referrer or "").hostname or "").removeprefix("www.")
    if name.startswith("utm_"):
        return parse_qs(extras.utm or "").get(name, [""])[0]
    if name == "device":
        return "phone" if "Mobile" in (click.agent or "") else "computer"
    if name == "country":
        return ""
    return getattr(extras, name) or ""


@dataclass
class Life:
    """A shop with its tracker's clicks."""

    shop: Shop
    columns: MemoryColumns
    vk: Link
    mail: Link
    anna_link: Link

    def click(
        self, link: Link, *, day: float, visitor: int, agent: str = "Mozilla/5.0 Mobile", **more: Any
    ) -> str:
        """A click by a visitor, stored as the tracker does; returns the token that the shop's order will carry."""
        at = to_micros(START + timedelta(days=day))
        flags = more.pop("flags", 0)
        referrer = more.pop("referrer", None)
        one = RawClick(
            make_click_id(at), link.pk, link.partner_id, visitor.to_bytes(8, "big"), flags, None, agent, referrer,
            Extras(**more),
        )  # fmt: skip
        self.columns.clicks.append(one)
        return make_token(one.id, one.visitor, token_key())

    def load(self) -> None:
        """Bring the clicks into the database, the oldest first."""
        store_clicks(click_folder(), sorted(self.columns.clicks))
        ingest_clicks()


def link_of(partner: Partner, code: str) -> Link:
    made = Link(
        programme=partner.programme, partner=partner, code=code, name=code, target_url="https://shop.example/"
    )
    made.save()
    return made


def make_busy(folder: Path) -> Life:
    """Two weeks: clicks of two links with tags, orders that are delivered, returned, bought again, by a code.

    Boris tells in two places, Anna in one and gets a part of what Boris brings. `folder` is for the tracker's files.
    """
    world = open_shop()
    columns = MemoryColumns(world.programme.pk)
    life = Life(
        world, columns, link_of(world.boris, "vk"), link_of(world.boris, "mail"), link_of(world.anna, "blog")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DATA_DIR", folder)
        patch.setattr(raw_clicks, "open_columns", lambda: columns)
        _live(life)
    return life


def _live(life: Life) -> None:
    first = life.click(
        life.vk,
        day=0,
        visitor=1,
        sub1="vk",
        utm="utm_source=vk&utm_medium=post",
        referrer="https://www.vk.com/feed",
    )
    life.click(
        life.vk,
        day=0.1,
        visitor=1,
        sub1="vk",
        utm="utm_source=vk&utm_medium=post",
        referrer="https://www.vk.com/feed",
    )
    life.click(life.vk, day=1, visitor=2, sub1="vk", referrer="https://vk.com/wall")
    second = life.click(life.mail, day=1.2, visitor=3, sub1="mail", agent="Mozilla/5.0 (Windows NT 10.0)")
    life.click(life.mail, day=1.3, visitor=4, sub1="mail", flags=FLAG_BOT)
    third = life.click(life.anna_link, day=2, visitor=5)
    life.load()
    tell = life.shop.order
    tell("1001", day=0.4, created=0.4, token=first, total=100_000, email="one@example.org")
    tell("1001", day=3, created=0.4, token=first, total=100_000, email="one@example.org", status="delivered")
    tell("1002", day=2, created=1.4, token=second, total=50_000, email="two@example.org", status="delivered")
    tell("1002", day=6, created=1.4, token=second, total=50_000, email="two@example.org", status="cancelled")
    tell(
        "1003", day=2.4, created=2.4, token=third, total=80_000, email="three@example.org", status="delivered"
    )
    tell(
        "1004", day=4, created=4, total=20_000, email="one@example.org", status="delivered"
    )  # the first one again
    tell(
        "1005", day=5, created=5, codes=("boris",), total=30_000, email="five@example.org", status="delivered"
    )
    tell("1006", day=5, created=5, total=99_000, email="nobody@example.org", status="delivered")


@pytest.fixture(scope="module")
def busy_once(standing: Callable[..., Life], tmp_path_factory: pytest.TempPathFactory) -> tuple[Life, Path]:
    """The rows of `busy`, made once for the tests of a module, and the tracker's folder."""
    folder = tmp_path_factory.mktemp("busy")

    def make() -> Life:
        with scope(make_workspace()):
            return make_busy(folder)

    return standing(make), folder


@pytest.fixture
def busy(
    busy_once: tuple[Life, Path], db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Life]:
    """The two weeks in their open workspace."""
    life, folder = deepcopy(busy_once)
    monkeypatch.setattr(settings, "DATA_DIR", Path(shutil.copytree(folder, tmp_path / "data")))
    monkeypatch.setattr(raw_clicks, "open_columns", lambda: life.columns)
    with scope(life.shop.programme.workspace):
        yield life


VISITOR = visitor_text((1).to_bytes(8, "big"))
