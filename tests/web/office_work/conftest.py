"""A programme with a life behind it: partners, clicks, orders of every kind, a return, an adjustment, a payout."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from molva.commissions.admission import admit_partner
from molva.commissions.jobs import release_holds
from molva.domain.inbound import InboundLine
from molva.kit import clock
from molva.ledger.services import adjust
from molva.payouts.models import Payout
from molva.payouts.services import approve_payout, draft_payout, mark_paid
from molva.programmes.models import Partner
from molva.programmes.services import create_programme
from molva.tracking.services import add_promo_code
from molva.workspaces.models import Role, User, Workspace
from molva.workspaces.scoping import scope
from tests.commissions.conftest import RULES, SETTINGS, START, Shop
from tests.factories import make_member, make_workspace

TEA = InboundLine("1", "Иван-чай с чабрецом, 100 г", "p1", "TEA-1", "1", 118_000, 118_000, ("tea",))
HONEY = InboundLine("2", "Мёд липовый из-под Уфы, 500 г", "p2", "HONEY-1", "2", 44_500, 89_033)
LONG = "ООО «НПО «Северные травы и чайные культуры»»"
OWN_RULES: list[dict[str, Any]] = [
    *RULES,
    {
        "id": "Чаи 15 %",
        "when": {"category": ["tea"]},
        "reward": {"1": {"percent": "15"}, "2": {"percent": "3"}},
    },
    {"id": "Осень для Бориса", "when": {"partner": ["boris"]}, "reward": {"1": {"percent": "20"}}},
]
OWN_SETTINGS = {**SETTINGS, "accrual": {**SETTINGS["accrual"], "hold_days": 14}}


@dataclass
class World:
    """What the pages show, and who looks at it."""

    workspace: Workspace
    shop: Shop
    owner: User
    manager: User
    accountant: User
    stranger: User
    long: Partner
    paid: Payout | None = None

    def client(self, user: User | None = None) -> Client:
        """A browser in which a person is signed in, the owner by default."""
        client = Client()
        client.force_login(user or self.owner)
        return client

    def url(self, tail: str = "") -> str:
        """An address of the programme's office."""
        return f"/office/{self.shop.programme.code}/{tail}"


def make_world(workspace: Workspace) -> World:
    """Staff of each role, a stranger with a company of his own, two partners and a third with a long name."""
    start = START - timedelta(days=30)
    with clock.pretend(start):
        staff = [make_member(workspace, role) for role in (Role.OWNER, Role.MANAGER, Role.ACCOUNTANT)]
        programme = create_programme(
            name="Друзья лавки",
            code="friends",
            shop_url="https://shop.example",
            settings=OWN_SETTINGS,
            rules=OWN_RULES,
        )
        anna = admit_partner(
            programme=programme, name="Екатерина Преображенская-Северная", email="kate@example.org", code="kate",
            groups=["Блогеры"], phone="+79161234567",
        )  # fmt: skip
        boris = admit_partner(
            programme=programme, name="Борис Ким", email="boris@example.org", code="boris", invited_by=anna
        )
        long = admit_partner(
            programme=programme, name=LONG, email="north@example.org", code="north", groups=["Опт"]
        )
    other = make_workspace(name="Чужие")
    with scope(other):
        stranger = make_member(other)
    return World(workspace, Shop(programme, anna, boris), *staff, stranger, long)


def live(world: World) -> None:
    """Orders that are paid, held, expected, taken back, nobody's; an adjustment; a payout that went out."""
    shop = world.shop
    with clock.pretend(START - timedelta(days=1)):
        add_promo_code(partner=shop.anna, code="KATE10", actor=world.owner)
    shop.touch(shop.anna, day=-0.5)
    shop.order("10377", status="delivered", codes=("kate10",), total=80_100)
    shop.order(
        "10400", day=1, status="delivered", codes=("boris",), email="second@example.org", total=500_000
    )
    shop.order("10401", day=2, status="delivered", codes=("boris",), email="third@example.org", total=50_000)
    shop.order(
        "10401",
        day=3,
        created=2,
        status="cancelled",
        codes=("boris",),
        email="third@example.org",
        total=50_000,
    )
    with clock.pretend(START + timedelta(days=20)):
        release_holds()
        adjust(partner=shop.anna, amount_minor=15_000, reason="За отзыв", actor=world.owner, key="for-review")
        payout = approve_payout(payout=draft_payout(partner=shop.boris, actor=world.owner), actor=world.owner)
        world.paid = mark_paid(payout=payout, actor=world.owner, external_reference="ПП 15")
    shop.order(
        "10482",
        day=21,
        status="delivered",
        codes=("kate10",),
        lines=(TEA, HONEY),
        discount=20_703,
        total=186_330,
    )
    shop.order("10483", day=22, status="new", codes=("kate10",), total=171_620_812)
    shop.order("10484", day=22.5, status="new", email="free@example.org", total=9_900)


@pytest.fixture(scope="module")
def lived_once(standing: Callable[..., World]) -> World:
    """The rows of `world`, made once for the tests of a module."""

    def make() -> World:
        workspace = make_workspace(name="Лесная лавка")
        with scope(workspace):
            made = make_world(workspace)
            live(made)
        return made

    return standing(make)


@pytest.fixture
def world(lived_once: World, db: None) -> Iterator[World]:
    """The programme as it stands 23 days after the start."""
    made = deepcopy(lived_once)
    with scope(made.workspace), clock.pretend(START + timedelta(days=23)):
        yield made


@pytest.fixture
def get(world: World) -> Callable[..., str]:
    """The text of a page as the owner sees it."""

    def read(tail: str, user: User | None = None, status: int = 200) -> str:
        answer = world.client(user).get(world.url(tail))
        assert answer.status_code == status, (tail, answer.status_code)
        return "".join(part.decode() for part in answer) if answer.streaming else answer.content.decode()

    return read
