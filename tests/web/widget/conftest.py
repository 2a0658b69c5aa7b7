"""A shop that is connected and set up, as the widget's doors meet it."""

import pytest
from django.core.cache import cache

from tests.integrations.conftest import connection, fake_shop, programme  # noqa: F401 (fixtures)


@pytest.fixture(autouse=True)
def fresh_counters(db: None) -> None:
    """Questions of other tests are forgotten."""
    cache.clear()
