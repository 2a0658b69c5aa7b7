"""The pages of figures: the office's and the cabinet's, equal to the question behind them."""

import pytest
from django.test import Client

from molva.reports.figures.questions import VIEWS
from molva.workspaces.models import Workspace
from tests.factories import make_member
from tests.reports.conftest import Life

PERIOD = "from=2026-03-01&to=2026-03-14"


@pytest.fixture
def office(busy: Life) -> Client:
    client = Client()
    client.force_login(make_member(Workspace.objects.get(pk=busy.shop.programme.workspace_id)))
    return client


def read(client: Client, tail: str) -> str:
    answer = client.get(f"/office/friends/{tail}")
    assert answer.status_code == 200, tail
    return "".join(part.decode() for part in answer) if answer.streaming else answer.content.decode()


@pytest.mark.parametrize("by", list(VIEWS))
def test_every_view_opens(office: Client, by: str) -> None:
    assert "</html>" in read(office, f"reports/figures/?by={by}&{PERIOD}")
    assert ";" in read(office, f"reports/figures/?by={by}&{PERIOD}&as=csv")
