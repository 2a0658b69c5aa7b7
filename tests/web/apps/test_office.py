"""The office side: shops that ask, the staff, roles, hand-over, and history in words."""

from typing import Any

import pytest
from django.test import Client

from molva.integrations.models import AppInstall, ShopStaff
from molva.programmes.models import Programme
from molva.workspaces.models import Event, Member, Role, User
from molva.workspaces.scoping import scope
from tests.factories import make_member
from tests.web.apps.conftest import Shop, office, reason, role_of

ENGLISH = {"accept-language": "en"}
HELPER = {"user_id": "78", "user_email": "boris@example.org", "user_name": "Борис"}


@pytest.fixture
def owner(installed: Shop) -> Client:
    """The first person of the shop, with a helper who came after."""
    client = Client(headers=ENGLISH)
    installed.come_in(client)
    installed.come_in(Client(), **HELPER)
    return client


def helper() -> Member:
    return Member.unscoped.select_related("user").get(user__email="boris@example.org")


def text_of(client: Client, tail: str) -> str:
    answer = client.get(office() + tail)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def asking(owner: Client) -> AppInstall:
    """Another shop that waits."""
    row = AppInstall.objects.get()
    row.pk, row.external_id, row.connection, row.state = None, "77", None, "waiting"
    row.name, row.host, row.facts = (
        "Свитер",
        "sviter.myinsales.ru",
        {**row.facts, "id": "77", "name": "Свитер"},
    )
    row.save()
    return row


def test_the_staff_page_shows_everybody_to_everybody(owner: Client, installed: Shop) -> None:
    page = text_of(owner, "members/")
    assert ("boris@example.org" in page, "anna@example.org" in page, "Hand over…" in page) == (
        True,
        True,
        True,
    )
    other = Client(headers=ENGLISH)
    installed.come_in(other, **HELPER)
    page = text_of(other, "members/")
    assert ("boris@example.org" in page, "Hand over…" in page) == (True, False)
    assert "Roles are changed by the owner." in page


def test_the_number_of_questions_does_not_grow_with_the_staff(
    owner: Client, django_assert_max_num_queries: Any
) -> None:
    with scope(Programme.unscoped.get().workspace_id):
        for _one in range(10):
            make_member(Programme.unscoped.get().workspace, Role.MANAGER)
    with django_assert_max_num_queries(20):
        text_of(owner, "members/")


def test_the_owner_changes_a_role(owner: Client) -> None:
    path = f"{office()}members/{helper().pk}/role/"
    assert "What may Борис do?" in owner.get(path).content.decode()
    assert owner.post(path, {"role": "tsar"}).status_code == 200
    assert role_of("boris@example.org") == "manager"
    assert owner.post(path, {"role": "accountant"})["Location"] == f"{office()}members/"
    assert role_of("boris@example.org") == "accountant"
    assert "Борис: another role" in text_of(owner, "history/")
    assert "role: accountant, was: manager" in text_of(owner, "history/")


def test_the_last_owner_stays(owner: Client) -> None:
    me = Member.unscoped.get(role="owner")
    answer = owner.post(f"{office()}members/{me.pk}/role/", {"role": "manager"})
    assert "The company must have an owner" in answer.content.decode()
    owner.post(f"{office()}members/{me.pk}/remove/")
    assert role_of("anna@example.org") == "owner"


def test_the_company_is_handed_over_with_a_record(owner: Client) -> None:
    path = f"{office()}members/{helper().pk}/owner/"
    assert "Hand the company over?" in owner.get(path).content.decode()
    assert role_of("boris@example.org") == "manager"  # a question changes nothing
    assert owner.post(path)["Location"] == f"{office()}members/"
    assert (role_of("boris@example.org"), role_of("anna@example.org")) == ("owner", "manager")
    with scope(Programme.unscoped.get().workspace_id):
        event = Event.objects.get(kind="workspace.handed_over")
    assert (event.data, event.actor_label) == ({"from": "Анна Лесная", "to": "Борис"}, "Анна Лесная")
    assert owner.post(path).status_code == 403  # only once
    assert "Борис is the owner of the company now" in text_of(owner, "history/")


def test_access_is_taken_away_and_given_back(owner: Client, installed: Shop) -> None:
    path = f"{office()}members/{helper().pk}/remove/"
    assert "Take the access away?" in owner.get(path).content.decode()
    owner.post(path)
    assert Member.unscoped.count() == 1
    assert reason(installed.come_in(Client(), **HELPER)) == "closed"
    assert "Let in again" in text_of(owner, "members/")
    closed = ShopStaff.unscoped.get(is_closed=True)
    owner.post(f"{office()}members/closed/{closed.pk}/")
    assert installed.come_in(Client(), **HELPER)["Location"] == office()
    assert role_of("boris@example.org") == "manager"


def test_who_leaves_by_own_hand_is_led_out(owner: Client) -> None:
    with scope(Programme.unscoped.get().workspace_id):
        make_member(Programme.unscoped.get().workspace, Role.OWNER)
    me = Member.unscoped.get(user__email="anna@example.org")
    assert owner.post(f"{office()}members/{me.pk}/remove/")["Location"] == "/"


def test_a_waiting_shop_is_taken_in_by_the_owner(owner: Client, asking: AppInstall) -> None:
    assert "sviter.myinsales.ru" in text_of(owner, "shop/")
    assert "Свитер" in text_of(owner, "shop/installs/")
    path = f"{office()}shop/installs/{asking.pk}/accept/"
    assert "Take the shop in?" in owner.get(path).content.decode()
    asking.refresh_from_db()
    assert asking.state == "waiting"
    assert owner.post(path)["Location"] == f"{office()}shop/setup/"
    asking.refresh_from_db()
    assert asking.connection is not None
    assert (asking.state, asking.connection.programme_id) == ("active", Programme.unscoped.get().pk)
    assert owner.post(path).status_code == 404
    assert "was taken in" in text_of(owner, "history/")


def test_a_waiting_shop_is_refused_by_the_owner(owner: Client, asking: AppInstall) -> None:
    path = f"{office()}shop/installs/{asking.pk}/refuse/"
    assert "Refuse Свитер?" in owner.get(path).content.decode()
    assert owner.post(path)["Location"] == f"{office()}shop/installs/"
    asking.refresh_from_db()
    assert (asking.state, asking.connection) == ("refused", None)
    assert "Nobody asks" in text_of(owner, "shop/installs/")


def test_others_decide_nothing_about_shops(owner: Client, asking: AppInstall, installed: Shop) -> None:
    other = Client(headers=ENGLISH)
    installed.come_in(other, **HELPER)
    assert "sviter" not in text_of(other, "shop/")
    assert other.get(f"{office()}shop/installs/").status_code == 403
    assert other.post(f"{office()}shop/installs/{asking.pk}/accept/").status_code == 403


def test_a_removed_application_is_said_and_the_menu_counts_who_asks(
    owner: Client, installed: Shop, asking: AppInstall
) -> None:
    installed.uninstall()
    page = text_of(owner, "shop/")
    assert "The application was removed in the shop on" in page
    assert "No shop is connected" not in page
    history = text_of(owner, "history/?about=settings")
    for words in (
        "The application was installed in shop",
        "was removed in shop",
        "came from the shop and joined",
    ):
        assert words in history
    assert User.objects.count() == 2


def test_every_event_of_ours_has_words(owner: Client, installed: Shop) -> None:
    installed.install("again")
    with scope(Programme.unscoped.get().workspace_id):
        told = set(Event.objects.values_list("kind", flat=True))
    from molva.web.office.history_words import KINDS  # noqa: PLC0415 - the table under test

    assert told <= KINDS.keys()
