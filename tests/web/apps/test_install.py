"""Installing, installing again, removing; and everybody who only pretends to be a shop."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from molva.commissions.admission import admit_partner
from molva.integrations.models import AppInstall, Connection, InstallState
from molva.integrations.polling import poll_shop, poll_shops
from molva.integrations.setup import set_up_shop
from molva.jobs.models import Job
from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.workspaces.models import Workspace
from molva.workspaces.scoping import scope
from tests.web.apps.conftest import APP, SECRET, Find, Shop, connected, kinds, md5, prove_all, run_jobs


def test_a_fresh_installation_gets_company_programme_and_landing(shop: Shop, install_of: Find) -> None:
    assert shop.install().status_code == 200
    assert not Workspace.objects.exists()  # answered at once; nothing is believed yet
    run_jobs()
    found = install_of(shop)
    connection = connected(found)
    assert (found.state, connection.state, connection.host) == ("active", "active", shop.host)
    assert connection.secrets["login"] == APP
    assert connection.secrets["password"] == shop.password == md5("token123", SECRET)
    programme = connection.programme
    workspace = programme.workspace
    assert (programme.currency, programme.timezone, workspace.timezone) == (
        "RUB",
        "Europe/Moscow",
        "Europe/Moscow",
    )
    assert programme.shop_url == f"http://{shop.host}"
    assert programme.support_email == found.facts["email"]
    with scope(workspace):
        assert programme.terms.get().settings["accrual"]["statuses"] == ["delivered", "zakaz-vypolnen"]
        assert connection.facts["is_set_up"] is True
    assert kinds(workspace) == ["connection.installed", "connection.set_up"]
    landing = Client().get(f"/p/{programme.code}/")
    assert (landing.status_code, programme.name in landing.content.decode()) == (200, True)


def test_the_landing_registers_a_partner_at_once(installed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("molva.web.public.registration.LEAST_FILL_SECONDS", 0)
    code, client = Programme.unscoped.get().code, Client()
    form = client.get(f"/p/{code}/").context["form"]
    sent = {"name": "Катя", "email": "kate@example.org", "started": form["started"].value(), "ref": ""}
    assert client.post(f"/p/{code}/", sent)["Location"] == f"/p/{code}/thanks/"
    assert Partner.unscoped.get().email == "kate@example.org"


def test_installing_again_keeps_everything_and_changes_the_secrets(installed: Shop, install_of: Find) -> None:
    before = connected(install_of(installed))
    with scope(before.workspace_id):
        admit_partner(programme=before.programme, name="Борис", email="boris@example.org", code="boris")
        installed.running.add_order(location="/?aff=boris")
        poll_shop(connection_id=before.pk)
    assert Order.unscoped.count() == 1
    assert installed.install("token-two").status_code == 200
    assert connected(install_of(installed)).secrets == before.secrets  # until it is proved
    run_jobs()
    after = connected(install_of(installed))
    assert (after.pk, after.secrets["password"]) == (before.pk, md5("token-two", SECRET))
    assert (after.secrets["hook"] == before.secrets["hook"], after.hook_hash == before.hook_hash) == (
        False,
        False,
    )
    counts = [model.unscoped.count() for model in (Order, Partner, Connection, Programme)]
    assert (counts, Workspace.objects.count(), AppInstall.objects.count()) == ([1, 1, 1, 1], 1, 1)
    assert "connection.reinstalled" in kinds(after.workspace)
    hooks = installed.running.store.tables["webhook"].values()
    assert {row["address"].split("/")[-2] for row in hooks} == {after.secrets["hook"]}


def test_the_same_call_again_changes_nothing(installed: Shop, install_of: Find) -> None:
    before = connected(install_of(installed)).secrets
    assert installed.install().status_code == 200
    assert installed.install().status_code == 200
    run_jobs()
    assert (connected(install_of(installed)).secrets, install_of(installed).candidates) == (before, [])


def test_a_made_up_token_never_replaces_what_works(installed: Shop, install_of: Find) -> None:
    before = connected(install_of(installed))
    assert installed.install("made-up", works=False).status_code == 200
    prove_all()
    found = install_of(installed)
    after = connected(found)
    assert (after.secrets, after.state, found.candidates) == (before.secrets, "active", [])
    assert not Job.objects.filter(state__in=("ready", "running", "dead")).exists()


def test_a_made_up_install_of_an_unknown_shop_leaves_nothing(shop: Shop) -> None:
    assert shop.install("made-up", works=False).status_code == 200
    prove_all()
    assert (AppInstall.objects.count(), Workspace.objects.count()) == (0, 0)


def test_a_true_token_with_another_shops_id_proves_nothing(shop: Shop) -> None:
    assert shop.install(insales_id="666").status_code == 200
    run_jobs()
    assert (AppInstall.objects.count(), Workspace.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example/.myinsales.ru", "a.myinsales.ru.evil.example", "a.b.myinsales.ru", "-a.myinsales.ru",
     "127.0.0.1", "localhost:5432", "a.myinsales.ru:22", "a@b.myinsales.ru", "a.myinsales.ru\n", "xn--.myinsales.ru\r",
     "A" * 300 + ".myinsales.ru", "а.myinsales.ru", "", "http://a.myinsales.ru", "169.254.169.254"],
)  # fmt: skip
def test_a_foreign_host_is_refused_before_anybody_asks_it(shop: Shop, host: str) -> None:
    answer = shop.install(shop=host)
    # a line's end at an edge is cut off; what is left is a shop of InSales, which nobody reaches here
    assert answer.status_code == (
        200 if host.strip().endswith(".myinsales.ru") and host != host.strip() else 400
    )
    if answer.status_code == 400:
        assert not AppInstall.objects.exists()


def test_the_password_is_proved_once_the_shop_takes_it(shop: Shop, install_of: Find) -> None:
    """InSales' documents disagree about when the API opens: before or after the answer to the install call."""
    shop.install(works=False)
    run_jobs()
    assert install_of(shop).state == InstallState.NEW
    shop.running.store.settings["keys"][APP] = md5("token123", SECRET)
    with clock.pretend(clock.now() + timedelta(seconds=2)):
        run_jobs()
    assert install_of(shop).state == InstallState.ACTIVE


def test_an_outage_is_waited_out(shop: Shop, install_of: Find) -> None:
    shop.running.faults.api_answer, shop.running.faults.api_left = "503", 1
    shop.running.faults.api_retry_after = 40
    shop.install()
    run_jobs()
    job = Job.objects.get(state="ready")
    assert 38 <= (job.run_after - clock.now()).total_seconds() <= 40
    with clock.pretend(clock.now() + timedelta(seconds=41)):
        run_jobs()
    assert install_of(shop).state == InstallState.ACTIVE


def test_only_the_newest_calls_are_kept(shop: Shop, install_of: Find) -> None:
    for number in range(7):
        shop.install(f"token-{number}", works=False)
    assert [one["number"] for one in install_of(shop).candidates] == [3, 4, 5, 6, 7]


def test_an_older_password_is_forgotten_when_a_newer_one_is_proved(shop: Shop, install_of: Find) -> None:
    shop.install("older", works=False)
    shop.install("newer")
    prove_all()
    found = install_of(shop)
    assert (found.secrets["password"], found.candidates) == (md5("newer", SECRET), [])


def test_removing_stops_everything_and_keeps_the_data(installed: Shop, install_of: Find) -> None:
    connection = connected(install_of(installed))
    with scope(connection.workspace_id):
        installed.running.add_order()
        poll_shop(connection_id=connection.pk)
    assert installed.uninstall("wrong").status_code == 404
    assert install_of(installed).state == InstallState.ACTIVE
    assert [installed.uninstall().status_code for _ in range(3)] == [200, 200, 200]
    found = install_of(installed)
    connection = connected(found)
    assert (found.state, connection.state, connection.secrets, connection.hook_hash) == (
        "removed", "disconnected", {}, "",
    )  # fmt: skip
    assert found.secrets == {"last": 1, "candidates": []}
    assert installed.password not in found.removed_hash
    assert (Order.unscoped.count(), Programme.unscoped.count()) == (1, 1)
    assert kinds(connection.workspace).count("connection.uninstalled") == 1
    with scope(connection.workspace_id):
        poll_shops()
        set_up_shop(connection_id=connection.pk)
    assert not Job.objects.filter(path__endswith=":poll_shop", state="ready").exists()
    assert installed.uninstall("wrong").status_code == 404


def test_after_removing_and_installing_again_all_goes_on(installed: Shop, install_of: Find) -> None:
    before = connected(install_of(installed))
    old = installed.password
    installed.uninstall()
    installed.install("token-two")
    run_jobs()
    found = install_of(installed)
    after = connected(found)
    assert (after.pk, after.state, found.state, found.removed_at) == (before.pk, "active", "active", None)
    with scope(after.workspace_id):
        installed.running.add_order()
        poll_shop(connection_id=after.pk)
        assert Order.objects.count() == 1
    new = installed.password
    assert installed.uninstall(old).status_code == 200  # the shop's servers repeat themselves
    assert (install_of(installed).state, install_of(installed).secrets["password"]) == ("active", new)


def test_a_removal_before_the_proof_ends_that_install(shop: Shop, install_of: Find) -> None:
    shop.install(works=False)
    shop.password = md5("token123", SECRET)
    assert shop.uninstall().status_code == 200
    shop.running.store.settings["keys"][APP] = shop.password  # even if it would work
    prove_all()
    assert install_of(shop).state == InstallState.REMOVED
    assert not Workspace.objects.exists()


def test_a_late_removal_of_the_former_password_spares_the_new_install(
    installed: Shop, install_of: Find
) -> None:
    old = installed.password
    installed.install("token-two", works=False)
    assert installed.uninstall(old).status_code == 200
    assert [one["number"] for one in install_of(installed).candidates] == [2]
    installed.running.store.settings["keys"][APP] = installed.password = md5("token-two", SECRET)
    prove_all()
    assert install_of(installed).state == InstallState.ACTIVE


def test_a_removal_while_the_shop_is_asked_wins(
    shop: Shop, install_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    from molva.integrations.sources.insales import account  # noqa: PLC0415 - what is interrupted

    ask = account.read_shop

    def interrupted(connection: Connection) -> dict[str, Any]:
        told = ask(connection)
        assert shop.uninstall().status_code == 200
        return told

    monkeypatch.setattr(account, "read_shop", interrupted)
    shop.install()
    run_jobs()
    assert install_of(shop).state == InstallState.REMOVED
    assert not Workspace.objects.exists()
