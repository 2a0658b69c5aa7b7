"""Installing, installing again, removing; and everybody who only pretends to be a shop."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.test import Client

from molva.commissions.admission import admit_partner
from molva.demo.shop import RunningShop
from molva.integrations.adoption import accept_install, refuse_install, waiting_installs
from molva.integrations.connecting import connect_shop, disconnect_shop, set_up_shop
from molva.integrations.installs import PAUSES
from molva.integrations.models import AppInstall, Connection, InstallState
from molva.integrations.polling import poll_shop, poll_shops
from molva.jobs.models import Job
from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.programmes.services import create_programme
from molva.workspaces.models import Event, Workspace
from molva.workspaces.scoping import scope
from tests.factories import make_member, make_user, make_workspace
from tests.web.apps.conftest import APP, SECRET, Shop, md5, run_jobs

Find = Callable[[Shop], AppInstall]


def connected(found: AppInstall) -> Connection:
    """The connection of an install that has one."""
    assert found.connection is not None
    return found.connection


def kinds(workspace: Workspace) -> list[str]:
    """What the journal says of shops, oldest first."""
    with scope(workspace):
        rows = Event.objects.filter(kind__regex="^(connection|install)").order_by("pk")
        return [row.kind for row in rows]


def prove_all() -> None:
    """Let the whole chain of tries pass, as the clock would."""
    for pause in (0, *PAUSES):
        with clock.pretend(clock.now() + timedelta(seconds=pause + 1)):
            run_jobs()
        Job.objects.filter(state="ready").update(run_after=clock.now())
    run_jobs()


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
    assert not Job.objects.filter(path__endswith=":poll_shop").exists()
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


DOORS = ("install", "uninstall", "entry", "login", "confirm", "finish", "stopped/old")


@pytest.mark.parametrize("door", DOORS)
def test_other_methods_are_refused(shop: Shop, door: str) -> None:
    client = Client()
    for method in (client.post, client.put, client.delete, client.patch, client.head, client.options):
        assert method(f"/apps/insales/{door}").status_code == 405


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("name", "value"), [("MOLVA_INSALES_APP", ""), ("MOLVA_INSALES_SECRET", "")])
def test_without_the_settings_there_are_no_doors(
    shop: Shop, settings: Any, door: str, name: str, value: str
) -> None:
    setattr(settings, name, value)
    assert Client().get(f"/apps/insales/{door}").status_code == 404
    assert Client().post(f"/apps/insales/{door}").status_code in (404, 405)


ODD = [
    "", "shop", "shop=&token=&insales_id=", "insales_id=1", "%ff%fe=%ff", "shop=%00&token=1&insales_id=1",
    "shop[]=a&token[]=b&insales_id[]=1", "shop={host}&token=a&token=b&insales_id=1",
    "shop={host}&token=a&insales_id=1&insales_id=2", "shop={host}&token=a&insales_id=-1",
    "shop={host}&token=a&insales_id=0", "shop={host}&token=a&insales_id=1e9", "shop={host}&token=a&insales_id=٣",
    "shop={host}&token=a&insales_id=" + "9" * 30, "shop={host}&token=" + "t" * 5000 + "&insales_id=1",
    "shop={host}&token=%F0%9F%98%80&insales_id=1", "shop={host}&token=%0d%0aX:1&insales_id=1",
    "shop={host}&token=&insales_id=1", "&".join(f"a{n}=1" for n in range(2000)), "x=" + "y" * 60_000,
    "shop={host}&token=a%20b&insales_id=1", ";;;;", "shop={host}%ED%A0%80&token=a&insales_id=1",
]  # fmt: skip


def raw(query: str, shop: Shop) -> str:
    """As the server hands it over: bytes, one a character."""
    return query.replace("{host}", shop.host).encode().decode("latin-1")


def statuses(shop: Shop, door: str) -> list[int]:
    """What each odd query gets."""
    client = Client(raise_request_exception=False)
    return [client.get(f"/apps/insales/{door}", QUERY_STRING=raw(query, shop)).status_code for query in ODD]


@pytest.mark.parametrize("door", ["install", "uninstall"])
def test_odd_input_is_a_plain_refusal(shop: Shop, door: str) -> None:
    assert set(statuses(shop, door)) == {400}
    assert not AppInstall.objects.exists()


@pytest.mark.parametrize("door", ["entry", "login", "confirm", "finish"])
def test_odd_input_of_a_person_is_a_page(shop: Shop, door: str) -> None:
    assert set(statuses(shop, door)) == {302, 400}


def test_doors_say_nothing_and_are_kept_by_nobody(shop: Shop) -> None:
    answers = [
        shop.install(works=False),
        shop.uninstall("wrong"),
        shop.uninstall("wrong", insales_id="31337"),
    ]
    assert [answer.content for answer in answers] == [b"ok\n", b"no\n", b"no\n"]
    for answer in answers:
        assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
        assert not answer.cookies


def test_installs_of_one_shop_are_limited(shop: Shop) -> None:
    cache.clear()
    answers = [shop.install(f"t{n}", works=False).status_code for n in range(11)]
    assert (answers[:10], answers[10]) == ([200] * 10, 429)
    assert shop.install(insales_id="77", works=False).status_code == 200


CANARY = "CANARY5b1f"


def test_secrets_are_neither_logged_nor_kept_in_plain(
    installed: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    client = Client(raise_request_exception=False)
    for door in ("install", "uninstall", "entry", "login"):
        for query in (
            "shop={h}&token={c}&insales_id={i}",
            "shop=x&token={c}",
            "token={c}&token3={c}&user_id={c}",
        ):
            told = query.format(h=installed.host, c=CANARY, i=installed.id)
            client.get(f"/apps/insales/{door}", QUERY_STRING=told)
            client.post(f"/apps/insales/{door}?{told}")
    prove_all()
    password = md5(CANARY, SECRET)
    secrets = (CANARY, password, installed.password, SECRET)
    assert not [line for line in caplog.messages if any(one in line for one in secrets)]
    with database.cursor() as cursor:
        for table in database.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 (our own tables)
            text = repr(cursor.fetchall())
            assert not [one for one in secrets if one in text], table
