"""An open workspace with one programme and one partner."""

from collections.abc import Iterator

import pytest

from molva.programmes.models import Partner, Programme
from molva.workspaces.models import Workspace
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace


@pytest.fixture
def workspace(db: None) -> Iterator[Workspace]:
    made = make_workspace()
    with scope(made):
        yield made


@pytest.fixture
def programme(workspace: Workspace) -> Programme:
    return make_programme()


@pytest.fixture
def partner(programme: Programme) -> Partner:
    return make_partner(programme)
