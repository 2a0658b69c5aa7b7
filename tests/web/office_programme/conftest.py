"""A company with a programme, its owner, a manager, an accountant; and a stranger with a company of his own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from molva.programmes.models import Programme
from molva.programmes.services import create_programme
from molva.workspaces.models import Role, User, Workspace
from molva.workspaces.scoping import scope
from tests.factories import make_member, make_workspace
from tests.integrations.conftest import fake_shop  # noqa: F401 (a fixture)


@dataclass
class Company:
    """Who is who; `url` makes an address of the programme."""

    workspace: Workspace
    programme: Programme
    people: dict[str, User]

    def url(self, name: str, *args: Any) -> str:
        """Address of an office page of this programme."""
        return reverse(f"office:{name}", args=[self.programme.code, *args])


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    """The company, in its open scope."""
    workspace = make_workspace()
    with scope(workspace):
        programme = create_programme(name="Friends", code="friends", shop_url="https://shop.example")
        people = {role: make_member(workspace, role) for role in Role.values}
        yield Company(workspace, programme, people)


@pytest.fixture
def as_role(company: Company) -> Callable[[str], Client]:
    """A browser of a person: owner, manager, accountant, stranger, nobody."""

    def make(role: str) -> Client:
        client = Client()
        if role == "stranger":
            other = make_workspace(name="Other")
            with scope(other):
                create_programme(name="Other", code="other")
                client.force_login(make_member(other))
        elif role != "nobody":
            client.force_login(company.people[role])
        return client

    return make
