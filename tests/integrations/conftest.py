"""A programme connected to the fake shop over real HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from molva.commissions.admission import admit_partner
from molva.demo.shop import RunningShop, start_shop
from molva.integrations.connecting import connect_shop
from molva.integrations.models import Connection
from molva.integrations.setup import set_up_shop
from molva.programmes.models import Programme
from molva.programmes.services import create_programme
from molva.workspaces.scoping import scope
from tests.factories import make_workspace


@pytest.fixture
def fake_shop(settings: Any) -> Iterator[RunningShop]:
    """A fake shop of its own on a free port; the guarded client may reach it."""
    with start_shop(port=0) as shop:
        settings.MOLVA_ALLOW_PRIVATE_HOSTS = [shop.host]
        yield shop


@pytest.fixture
def programme(db: None) -> Iterator[Programme]:
    """A programme with Boris in it, in an open scope."""
    with scope(make_workspace()):
        made = create_programme(name="Friends", code="friends", shop_url="https://shop.example")
        admit_partner(programme=made, name="Boris", email="boris@example.org", code="boris")
        yield made


@pytest.fixture
def connection(programme: Programme, fake_shop: RunningShop) -> Connection:
    """The fake shop connected and set up."""
    made = connect_shop(
        programme=programme,
        kind="insales",
        host=fake_shop.host,
        login=fake_shop.api_key,
        password=fake_shop.api_password,
        actor=None,
    )
    set_up_shop(connection_id=made.pk)
    made.refresh_from_db()
    return made
