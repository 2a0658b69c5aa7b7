"""A programme at work seen by its partners: Boris sells, Anna invited him and sells too."""

from collections.abc import Callable

import pytest
from django.test import Client

from molva.commissions.admission import admit_partner
from molva.domain.inbound import InboundLine
from molva.programmes.models import Partner
from molva.tracking.services import add_promo_code
from molva.workspaces.models import User
from tests.commissions.conftest import RULES, SETTINGS, START, Shop, make_shop, open_shop, shop  # noqa: F401 (fixtures)

HELD = {**SETTINGS, "accrual": {**SETTINGS["accrual"], "hold_days": 4000}}
TEA = {
    "id": "Tea 15 %",
    "when": {"product": ["tea"]},
    "reward": {"1": {"percent": "15"}, "2": {"percent": "3"}},
}


def boris_mark(code: str = "boris") -> str:
    """A shop's page with a partner's mark."""
    return f"https://shop.example/?aff={code}"


def make_busy() -> Shop:
    """Delivered, waiting, cancelled and open orders, a promo code, lines by two rules, money on hold."""
    world = open_shop(settings=HELD, rules=[*RULES, TEA])
    add_promo_code(partner=world.boris, code="BORIS10", valid_from=START)
    goods = (
        InboundLine("1", "Иван-чай с чабрецом, 100 г", "tea", "T-1", "1", 118_000, 118_000),
        InboundLine("2", "Мёд липовый из-под Уфы, 500 г", "honey", "H-1", "1", 89_000, 89_000),
    )
    world.touch(world.boris, day=-1)
    world.order("10482", day=0, landing=boris_mark(), lines=goods, discount=20_700, total=207_000)
    world.order(
        "10482",
        day=3,
        created=0,
        landing=boris_mark(),
        lines=goods,
        discount=20_700,
        total=207_000,
        status="delivered",
    )
    world.order("10490", day=4, codes=("BORIS10",), email="marina@example.org")
    world.order(
        "10491", day=5, landing=boris_mark("anna"), email="petr@example.org", status="delivered", created=5
    )
    world.order("10492", day=5, landing=boris_mark(), email="ivan@example.org", status="delivered", created=5)
    world.order("10492", day=6, landing=boris_mark(), email="ivan@example.org", status="cancelled", created=5)
    return world


@pytest.fixture
def busy(make_shop: Callable[..., Shop]) -> Shop:  # noqa: F811 (the fixture above)
    """The partners at work, in an open workspace."""
    return make_busy()


@pytest.fixture
def stranger(busy: Shop) -> Partner:
    """A partner of the same programme who has nothing to do with the others."""
    return admit_partner(programme=busy.programme, name="Zoya", email="zoya@example.org", code="zoya")


def sign_in(client: Client, partner: Partner, language: str = "en") -> Client:
    """The client as this partner, reading in a language."""
    user = partner.user
    assert isinstance(user, User)
    client.force_login(user)
    client.cookies["django_language"] = language
    return client
