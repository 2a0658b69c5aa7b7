"""Installing, installing again, removing; and everybody who only pretends to be a shop."""

from collections.abc import Callable

from django.test import Client

from molva.integrations.models import AppInstall
from molva.workspaces.models import Event, Workspace
from molva.workspaces.scoping import scope
from tests.web.apps.conftest import APP, Shop, md5, run_jobs

Find = Callable[[Shop], AppInstall]


def test_a_fresh_installation_gets_company_programme_and_landing(shop: Shop, install_of: Find) -> None:
    assert shop.install().status_code == 200
    assert not Workspace.objects.exists()  # answered at once; nothing is believed yet
    run_jobs()
    found = install_of(shop)
    connection = found.connection
    assert connection is not None
    assert (found.state, connection.state, connection.host) == ("active", "active", shop.host)
    assert connection.secrets["login"] == APP
    assert connection.secrets["password"] == shop.password == md5("token123", "mysecret")
    programme = connection.programme
    workspace = programme.workspace
    assert (programme.currency, programme.timezone, workspace.timezone) == ("RUB",) + ("Europe/Moscow",) * 2
    with scope(workspace):
        accrual = programme.terms.get().settings["accrual"]
        assert accrual["statuses"] == ["delivered", "zakaz-vypolnen"]
        assert connection.facts["is_set_up"] is True
        assert Event.objects.filter(kind="connection.installed").count() == 1
    landing = Client().get(f"/p/{programme.code}/")
    assert (landing.status_code, programme.name in landing.content.decode()) == (200, True)
