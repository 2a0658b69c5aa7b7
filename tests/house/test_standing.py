"""Rows made once for a module: every test finds them as they were made, and the next module does not find them."""

from collections.abc import Callable

import pytest

from molva.workspaces.models import Workspace
from tests.factories import make_workspace


@pytest.fixture(scope="module")
def made_once(standing: Callable[..., Workspace]) -> Workspace:
    return standing(lambda: make_workspace(name="As it was made"))


@pytest.mark.parametrize("change", ["first", "second"])
def test_a_change_of_one_test_is_not_seen_by_the_next(made_once: Workspace, db: None, change: str) -> None:
    rows = Workspace.objects.filter(pk=made_once.pk)
    assert list(Workspace.objects.values_list("name", flat=True)) == ["As it was made"]
    rows.update(name=change)
    make_workspace()
    assert Workspace.objects.count() == 2
