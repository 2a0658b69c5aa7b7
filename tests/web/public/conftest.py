"""A programme with an open landing, and a form as a person fills it in."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from molva.programmes.models import Programme
from tests.commissions.conftest import Shop, make_shop, shop  # noqa: F401 (fixtures)


@pytest.fixture
def programme(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Programme:  # noqa: F811
    """Nobody waits a second in these tests; the trap has a test of its own."""
    monkeypatch.setattr("molva.web.public.registration.LEAST_FILL_SECONDS", 0)
    cache.clear()
    return shop.programme


@pytest.fixture
def fill(client: Client, programme: Programme) -> Callable[..., dict[str, str]]:
    """What the browser would send: the hidden fields as the page gave them, and what was typed."""

    def make(query: str = "", **typed: str) -> dict[str, str]:
        form = client.get(f"/p/friends/{query}").context["form"]
        hidden = {name: form[name].value() or "" for name in ("ref", "started")}
        return {"name": "Катя Лисицына", "email": "kate@example.org", **hidden, **typed}

    return make
