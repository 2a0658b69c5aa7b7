"""One running stack for each module of stories."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.stack import Stack, prepare_once, running_stack

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories run on both databases, and begin early."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.database)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What every stack shares."""
    return prepare_once(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[Stack]:
    """Molva and the demo shop, both empty, in Russian."""
    with running_stack(tmp_path_factory.mktemp("stack"), prepared) as running:
        yield running
