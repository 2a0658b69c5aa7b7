"""Whose shop it is that has installed the application: taken in by itself, or by a person's word."""

from typing import Any

import pytest

from molva.demo.shop import RunningShop
from molva.integrations.adoption import accept_install, refuse_install, waiting_installs
from molva.integrations.connecting import connect_shop, disconnect_shop
from molva.integrations.models import AppInstall, Connection, InstallState
from molva.programmes.models import Programme
from molva.programmes.services import create_programme
from molva.workspaces.models import Workspace
from molva.workspaces.scoping import scope
from tests.factories import make_member, make_user, make_workspace
from tests.web.apps.conftest import APP, SECRET, Find, Shop, connected, kinds, md5, run_jobs


@pytest.fixture
def second(installed: Shop, settings: Any) -> Shop:
    """Another shop of the same server."""
    running = installed.running.open_shop()
    settings.MOLVA_ALLOW_PRIVATE_HOSTS = [installed.host, running.host]
    return Shop(running)


def test_a_second_shop_waits_and_is_taken_in(installed: Shop, second: Shop, install_of: Find) -> None:
    second.install("second")
    run_jobs()
    found, home = install_of(second), Workspace.objects.get()
    assert (found.state, found.connection) == ("waiting", None)
    assert waiting_installs(home) == [found]
    second.install("second-again")
    run_jobs()
    assert kinds(home).count("install.waiting") == 1
    with scope(home):
        programme = create_programme(name="Second", code="second")
        accept_install(install=found, programme=programme, actor=make_member(home))
        with pytest.raises(AppInstall.DoesNotExist):
            accept_install(install=found, programme=programme, actor=make_member(home))
    run_jobs()
    found = install_of(second)
    connection = connected(found)
    assert (found.state, connection.programme.code, connection.facts["is_set_up"]) == (
        "active",
        "second",
        True,
    )
    assert connection.secrets["password"] == md5("second-again", SECRET)
    assert (Workspace.objects.count(), "install.accepted" in kinds(home)) == (1, True)


def test_a_refused_shop_may_ask_again(installed: Shop, second: Shop, install_of: Find) -> None:
    second.install("second")
    run_jobs()
    home = Workspace.objects.get()
    with scope(home):
        refuse_install(install=install_of(second), actor=make_member(home))
    assert (install_of(second).state, waiting_installs(home)) == ("refused", [])
    second.install("once-more")
    run_jobs()
    assert install_of(second).state == "waiting"
    assert second.uninstall().status_code == 200
    assert waiting_installs(home) == []


def test_an_operator_gives_each_shop_its_own_company(
    installed: Shop, second: Shop, install_of: Find, settings: Any
):
    settings.MOLVA_OPERATOR = True
    second.install("second")
    run_jobs()
    first, other = connected(install_of(installed)), connected(install_of(second))
    assert first.workspace_id != other.workspace_id
    assert first.programme.code != other.programme.code
    assert waiting_installs(first.workspace) == []


def own_programme(**fields: Any) -> Programme:
    """The programme of somebody who set Molva up before the shop installed anything."""
    workspace = make_workspace()
    with scope(workspace):
        make_member(workspace)
        return create_programme(name="Own", code="own", **fields)


def test_the_first_shop_joins_the_only_programme(shop: Shop, install_of: Find) -> None:
    own_programme()
    shop.install()
    run_jobs()
    programme = connected(install_of(shop)).programme
    assert (programme.code, programme.shop_url, Workspace.objects.count()) == (
        "own",
        f"http://{shop.host}",
        1,
    )


def test_a_programme_that_names_another_shop_is_not_given_away(shop: Shop, install_of: Find) -> None:
    own_programme(shop_url="https://other.example")
    shop.install()
    run_jobs()
    assert install_of(shop).state == InstallState.WAITING


def test_with_two_programmes_a_person_decides(shop: Shop, install_of: Find) -> None:
    with scope(own_programme().workspace_id):
        create_programme(name="Two", code="two")
    shop.install()
    run_jobs()
    assert install_of(shop).state == InstallState.WAITING


def test_a_company_without_a_programme_gets_one(shop: Shop, install_of: Find) -> None:
    workspace = make_workspace()
    shop.install()
    run_jobs()
    assert connected(install_of(shop)).workspace_id == workspace.pk


def by_key(programme: Programme, running: RunningShop) -> Connection:
    """The same shop, connected by an API key of its own."""
    with scope(programme.workspace_id):
        return connect_shop(
            programme=programme, kind="insales", host=running.host, login=running.api_key,
            password=running.api_password, actor=None,
        )  # fmt: skip


def test_a_shop_that_is_connected_by_its_key_stays_the_same_connection(shop: Shop, install_of: Find) -> None:
    before = by_key(own_programme(), shop.running)
    shop.install()
    run_jobs()
    after = connected(install_of(shop))
    assert (after.pk, after.secrets["login"], Connection.unscoped.count()) == (before.pk, APP, 1)


def test_removing_the_application_spares_a_key_that_replaced_it(installed: Shop, install_of: Find) -> None:
    by_key(Programme.unscoped.get(), installed.running)
    assert installed.uninstall().status_code == 200
    connection = connected(install_of(installed))
    assert (connection.state, connection.secrets["login"]) == ("active", installed.running.api_key)


def test_a_shop_disconnected_in_the_office_comes_back_by_installing(
    installed: Shop, install_of: Find
) -> None:
    connection = connected(install_of(installed))
    with scope(connection.workspace_id):
        disconnect_shop(connection=connection, actor=make_user())
    installed.install("token-two")
    run_jobs()
    assert connected(install_of(installed)).state == "active"
