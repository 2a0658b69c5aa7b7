"""Lists before the first order, for every role."""

from collections.abc import Iterator

import pytest

from molva.workspaces.scoping import scope
from tests.factories import make_workspace
from tests.web.office_work.conftest import World, make_world
from tests.web.office_work.test_pages import LISTS


@pytest.fixture
def empty_world(db: None) -> Iterator[World]:
    """The same people before the first order."""
    workspace = make_workspace(name="Лесная лавка")
    with scope(workspace):
        yield make_world(workspace)


@pytest.mark.parametrize("tail", LISTS)
def test_a_list_opens_for_everybody_and_when_empty(empty_world: World, tail: str) -> None:
    for user in (empty_world.owner, empty_world.manager, empty_world.accountant):
        assert empty_world.client(user).get(empty_world.url(tail)).status_code == 200
