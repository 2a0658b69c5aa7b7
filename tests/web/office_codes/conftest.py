"""A company whose programme is connected to the fake shop, with its people and two partners."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from molva.commissions.admission import admit_partner
from molva.demo.shop import RunningShop
from molva.integrations.codes import bring_codes
from molva.integrations.connecting import connect_shop
from molva.integrations.models import Connection
from molva.integrations.polling import poll_shop
from molva.integrations.setup import set_up_shop
from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.programmes.services import create_programme
from molva.tracking.models import PromoCode
from molva.workspaces.models import Role, User, Workspace
from molva.workspaces.scoping import scope
from tests.factories import make_member, make_workspace
from tests.integrations.conftest import fake_shop  # noqa: F401 (a fixture)


@dataclass
class Firm:
    """Who is who, and the shop's two ends."""

    workspace: Workspace
    programme: Programme
    people: dict[str, User]
    anna: Partner
    boris: Partner
    shop: RunningShop
    connection: Connection

    def url(self, name: str, *args: Any) -> str:
        """Address of an office page."""
        return reverse(f"office:{name}", args=[self.programme.code, *args])

    def cabinet(self, name: str, *args: Any) -> str:
        """Address of a cabinet page."""
        return reverse(f"cabinet:{name}", args=[self.programme.code, *args])

    def browser(self, person: User | None, language: str = "en") -> Client:
        """A person's browser."""
        client = Client()
        assert person is not None
        client.force_login(person)
        client.cookies["django_language"] = language
        return client

    @property
    def owner(self) -> Client:
        """The owner's browser."""
        return self.browser(self.people["owner"])

    def bring(self) -> None:
        """Let the shop be told of what waits, as the worker would."""
        bring_codes(programme_id=self.programme.pk)

    def order(self, seconds: int = 0, **wanted: Any) -> Order:
        """A buyer orders in the shop, so many seconds later than now, and Molva reads it."""
        wanted["at"] = clock.now() + timedelta(seconds=seconds)
        body = self.shop.add_order(**{"name": "Пётр", "email": "petr@example.org", **wanted})
        poll_shop(connection_id=self.connection.pk)
        return Order.objects.get(external_id=str(body["id"]))

    def in_shop(self, code: str) -> dict[str, Any] | None:
        """The shop's row of a code."""
        rows = self.shop.store.tables["code"].values()
        return next((row for row in rows if row["code"] == code), None)


@pytest.fixture
def firm(db: None, fake_shop: RunningShop) -> Iterator[Firm]:  # noqa: F811 (the fixture above)
    """The company, in its open scope."""
    workspace = make_workspace()
    with scope(workspace):
        programme = create_programme(name="Friends", code="friends", shop_url="https://shop.example")
        people = {role: make_member(workspace, role) for role in Role.values}
        anna = admit_partner(programme=programme, name="Анна Щукина", email="anna@example.org", code="anna")
        boris = admit_partner(programme=programme, name="Борис", email="boris@example.org", code="boris")
        connection = connect_shop(
            programme=programme,
            kind="insales",
            host=fake_shop.host,
            login=fake_shop.api_key,
            password=fake_shop.api_password,
            actor=None,
        )
        set_up_shop(connection_id=connection.pk)
        connection.refresh_from_db()
        yield Firm(workspace, programme, people, anna, boris, fake_shop, connection)


MakeCode = Callable[..., PromoCode]


@pytest.fixture
def make_code(firm: Firm) -> MakeCode:
    """Makes a code by the form of the office, in the shop at once."""

    def make(code: str = "ANNA10", partner: str = "anna", **fields: str) -> PromoCode:
        form = {**FORM, "whom": "chosen", "partners": partner, "pattern": code, **fields}
        seen = firm.owner.post(firm.url("codes_make"), form).context["print"]
        answer = firm.owner.post(firm.url("codes_make"), {**form, "seen": seen, "sure": "1"})
        assert answer.status_code == 302, answer.context["form"].errors
        firm.bring()
        return PromoCode.objects.select_related("partner").get(code=code)

    return make


FORM = {
    "batch": "0123456789abcdef", "whom": "all", "pattern": "{name}10", "count": "1",
    "discount_kind": "percent", "discount": "10", "limit": "",
}  # fmt: skip
