"""Coming in from the shop: one press for a person of it, a code where more is behind the door, a page for the rest."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from molva.integrations.models import AppInstall, InstallState, ShopStaff
from molva.integrations.people import give_access, take_access
from molva.kit import clock
from molva.programmes.models import Programme
from molva.programmes.services import register_partner
from molva.workspaces.models import Event, Member, User
from molva.workspaces.scoping import scope
from tests.factories import make_member, make_programme, make_user, make_workspace
from tests.web.apps.conftest import (
    ANNA,
    LOGIN,
    Shop,
    enter_the_code,
    office,
    person_of,
    reason,
    role_of,
    run_jobs,
    token_in,
)


def test_the_first_person_owns_the_company_and_the_next_one_helps(installed: Shop) -> None:
    owner, helper = Client(), Client()
    sent = installed.enter(owner)
    query = parse_qs(urlsplit(sent["Location"]).query)
    assert sent["Location"].startswith(f"http://{installed.host}/admin/applications/molva/login?")
    assert (len(query["token"][0]), query["login"]) == (32, [f"http://127.0.0.1:9{LOGIN}"])
    inside = owner.get(LOGIN, installed.proof(query["token"][0]))
    assert (inside.status_code, inside["Location"]) == (302, office())
    assert owner.get(inside["Location"]).status_code == 200
    assert person_of(owner) == ANNA
    installed.come_in(helper, user_id="78", user_email="boris@example.org", user_name="Борис")
    assert (role_of(ANNA), role_of("boris@example.org")) == ("owner", "manager")


def test_the_same_person_comes_again_by_one_press(installed: Shop) -> None:
    installed.come_in(Client())
    again = Client()
    assert installed.come_in(again)["Location"] == office()
    assert person_of(again) == ANNA
    assert (User.objects.count(), ShopStaff.unscoped.count(), Member.unscoped.count()) == (1, 1, 1)


def test_whoever_is_signed_in_goes_straight_on(installed: Shop) -> None:
    client = Client()
    installed.come_in(client)
    assert installed.enter(client)["Location"] == office()
    stranger = Client()
    stranger.force_login(make_user())
    assert "/admin/applications/" in installed.enter(stranger)["Location"]


def test_the_proof_is_good_once(installed: Shop) -> None:
    client = Client()
    proof = installed.proof(token_in(installed.enter(client)))
    assert client.get(LOGIN, proof)["Location"] == office()
    client.post("/logout/")
    assert reason(client.get(LOGIN, proof)) == "old"
    assert person_of(client) == ""


def test_a_failed_try_spends_the_visit(installed: Shop) -> None:
    client = Client()
    proof = installed.proof(token_in(installed.enter(client)))
    assert reason(client.get(LOGIN, {**proof, "token3": "0" * 32})) == "old"
    assert reason(client.get(LOGIN, proof)) == "old"


def test_the_proof_of_another_browser_is_not_taken(installed: Shop) -> None:
    proof = installed.proof(token_in(installed.enter(Client())))
    assert reason(Client().get(LOGIN, proof)) == "old"
    other = Client()
    installed.enter(other)
    assert reason(other.get(LOGIN, proof)) == "old"
    assert not User.objects.exists()


@pytest.mark.parametrize(("minutes", "is_in"), [(9, True), (11, False)])
def test_a_visit_lives_ten_minutes(installed: Shop, minutes: int, is_in: bool) -> None:
    client = Client()
    proof = installed.proof(token_in(installed.enter(client)))
    with clock.pretend(clock.now() + timedelta(minutes=minutes)):
        client.get(LOGIN, proof)
    assert (person_of(client) == ANNA) is is_in


@pytest.mark.parametrize(
    "who",
    [{"user_name": "Магазин 24"}, {"email_confirmed": "false"}, {"user_name": "igor1"}],
    ids=["name ends in a digit", "not confirmed", "the trap"],
)
def test_an_unclear_person_gives_a_code_and_comes_in_at_once_afterwards(
    installed: Shop, who: dict[str, str]
) -> None:
    client = Client()
    assert installed.come_in(client, **who)["Location"] == "/apps/insales/confirm"
    assert (person_of(client), Member.unscoped.count()) == ("", 0)
    assert enter_the_code(client, ANNA)["Location"] == office()
    assert (person_of(client), role_of(ANNA)) == (ANNA, "owner")
    again = Client()
    assert installed.come_in(again, **who)["Location"] == office()
    assert person_of(again) == ANNA


def test_an_email_that_molva_knows_is_never_taken_on_the_shops_word(installed: Shop) -> None:
    known = make_user(email=ANNA)
    client = Client()
    assert installed.come_in(client)["Location"] == "/apps/insales/confirm"
    assert (person_of(client), Member.unscoped.count()) == ("", 0)
    assert client.get("/apps/insales/finish")["Location"] == "/apps/insales/confirm"
    assert enter_the_code(client, ANNA)["Location"] == office()
    assert ShopStaff.unscoped.get().user == known


def test_a_changed_person_gives_a_code(installed: Shop) -> None:
    installed.come_in(Client())
    client = Client()
    assert installed.come_in(client, user_name="Анна Полевая")["Location"] == "/apps/insales/confirm"
    enter_the_code(client, ANNA)
    assert ShopStaff.unscoped.get().name == "Анна Полевая"
    assert installed.come_in(Client(), user_name="Анна Полевая")["Location"] == office()
    assert Member.unscoped.count() == 1


def test_a_session_that_was_never_proved_confirms_nothing(installed: Shop) -> None:
    """A landing lets a new person in by any e-mail: that is no proof."""
    make_user(email=ANNA)
    client = Client()
    someone = make_user(email="typed@example.org")
    client.force_login(someone)
    User.objects.filter(pk=someone.pk).update(last_login=None)
    installed.come_in(client)
    assert client.get("/apps/insales/finish")["Location"] == "/apps/insales/confirm"
    assert Member.unscoped.count() == 0


def test_a_proved_session_confirms_by_one_press(installed: Shop) -> None:
    client = Client()
    client.force_login(make_user(email="other@example.org"))
    assert installed.come_in(client, user_name="Магазин 24")["Location"] == "/apps/insales/confirm"
    assert "other@example.org" in client.get("/apps/insales/confirm").content.decode()
    assert client.get("/apps/insales/finish")["Location"] == office()
    assert role_of("other@example.org") == "owner"


def test_the_shops_word_opens_no_account_with_something_else_behind_it(installed: Shop) -> None:
    """Whoever rules the shop can name its people; what they have in other companies stays closed to it."""
    installed.come_in(Client())
    with scope(make_workspace()):
        register_partner(programme=make_programme(), name="Анна", email=ANNA)
    client = Client()
    assert installed.come_in(client)["Location"] == "/apps/insales/confirm"
    assert person_of(client) == ""
    enter_the_code(client, ANNA)
    assert installed.come_in(Client())["Location"] == "/apps/insales/confirm"  # and so each time


def test_an_account_that_its_true_owner_has_proved_needs_the_code(installed: Shop) -> None:
    installed.come_in(Client())  # whoever it was, the shop said it was Anna
    true = Client()
    true.post("/login/mail/", {"email": ANNA})
    code = next(word for word in mail.outbox[-1].body.split() if word.isdigit() and len(word) == 6)
    true.post("/login/code/", {"code": code})
    assert person_of(true) == ANNA
    client = Client()
    assert installed.come_in(client)["Location"] == "/apps/insales/confirm"
    assert person_of(client) == ""


def test_taken_access_stays_taken_until_the_owner_gives_it_back(installed: Shop) -> None:
    installed.come_in(Client())
    helper = {"user_id": "78", "user_email": "boris@example.org", "user_name": "Борис"}
    inside = Client()
    installed.come_in(inside, **helper)
    boris = Member.unscoped.get(user__email="boris@example.org")
    with scope(boris.workspace_id):
        take_access(member=boris, actor=User.objects.get(email=ANNA))
    assert inside.get(office()).status_code == 404
    assert reason(installed.come_in(Client(), **helper)) == "closed"
    inside.force_login(boris.user)  # a code of ours opens it no more than the shop's word
    assert reason(installed.come_in(inside, **{**helper, "user_name": "Борис 2"})) == "closed"
    with scope(boris.workspace_id):
        give_access(staff=ShopStaff.objects.get(is_closed=True))
    assert installed.come_in(Client(), **helper)["Location"] == office()


def test_a_closed_person_with_another_id_gets_no_place_by_code(installed: Shop) -> None:
    installed.come_in(Client())
    helper = {"user_id": "78", "user_email": "boris@example.org", "user_name": "Борис"}
    installed.come_in(Client(), **helper)
    boris = Member.unscoped.get(user__email="boris@example.org")
    with scope(boris.workspace_id):
        take_access(member=boris, actor=User.objects.get(email=ANNA))
    client = Client()
    installed.come_in(client, **{**helper, "user_id": "79"})
    assert reason(enter_the_code(client, "boris@example.org")) == "closed"
    assert Member.unscoped.count() == 1


def test_the_id_of_another_shop_is_no_way_in(installed: Shop) -> None:
    """A proof made with one shop's password, for a visit that names another one."""
    other = AppInstall.objects.get()
    other.pk, other.external_id, other.connection = None, "666", None
    other.secrets = {"password": "0" * 32, "number": 1, "last": 1}
    other.save()
    client = Client()
    sent = installed.enter(client, insales_id="666")
    assert reason(client.get(LOGIN, installed.proof(token_in(sent)))) == "old"
    assert not User.objects.exists()


STATES = {
    InstallState.NEW: "checking", InstallState.WAITING: "waiting", InstallState.REFUSED: "refused",
    InstallState.REMOVED: "removed",
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_shop_that_is_not_ready_is_told_so(installed: Shop, state: InstallState) -> None:
    AppInstall.objects.update(state=state)
    client = Client()
    assert reason(installed.enter(client)) == STATES[state]


def test_an_unknown_shop_and_a_bad_address_are_told_apart(installed: Shop) -> None:
    client = Client()
    assert reason(installed.enter(client, insales_id="31337")) == "unknown"
    for hints in (
        {"shop": "evil.example"},
        {"insales_id": "1 or 1"},
        {"shop": ""},
        {"shop": "a.myinsales.ru.evil"},
    ):
        assert reason(installed.enter(Client(), **hints)) == "odd"


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(
    ("why", "status"),
    [("odd", 400), ("unknown", 404), ("checking", 200), ("waiting", 200), ("refused", 403), ("removed", 404),
     ("old", 400), ("closed", 403), ("mailless", 400)],
)  # fmt: skip
def test_every_stop_has_a_page_with_a_way_on(installed: Shop, why: str, status: int, language: str) -> None:
    client = Client(headers={"accept-language": language})
    installed.enter(client)
    answer = client.get(f"/apps/insales/stopped/{why}")
    text = answer.content.decode()
    assert (answer.status_code, answer["Referrer-Policy"]) == (status, "same-origin")  # it has a form
    assert f"shop={installed.host}" in text or f"http://{installed.host}/admin2/" in text
    assert ("Enter again" in text or "To the shop" in text or "Check again" in text) is (language == "en")
    assert Client().get(f"/apps/insales/stopped/{why}").status_code == status  # without a visit


def test_an_unknown_stop_is_the_first_page(installed: Shop) -> None:
    assert Client().get("/apps/insales/stopped/elsewhere")["Location"] == "/"


def test_a_shop_entered_by_a_new_address_moves_after_a_proof(installed: Shop, settings: Any) -> None:
    host = installed.host.replace("127.0.0.1", "localhost")
    settings.MOLVA_ALLOW_PRIVATE_HOSTS = [installed.host, host]
    client = Client()
    sent = installed.enter(client, shop=host)
    assert sent["Location"].startswith(f"http://{host}/")
    client.get(LOGIN, installed.proof(token_in(sent)))
    assert AppInstall.objects.get().host == installed.host
    run_jobs()
    found = AppInstall.objects.select_related("connection").get()
    assert found.connection is not None
    assert (found.host, found.connection.host) == (host, host)
    with scope(found.connection.workspace_id):
        assert Event.objects.filter(kind="connection.moved").count() == 1


def test_entry_is_limited(installed: Shop) -> None:
    cache.clear()
    answers = [installed.enter(Client()).status_code for _ in range(61)]
    assert (answers[59], answers[60]) == (302, 429)


def test_the_journal_tells_who_joined(installed: Shop) -> None:
    installed.come_in(Client())
    with scope(Programme.unscoped.get().workspace_id):
        event = Event.objects.get(kind="member.joined")
    assert (event.data["role"], event.data["shop"]) == ("owner", str(AppInstall.objects.get()))


def test_one_press_after_a_member_was_made_by_hand_gives_no_more_rights(installed: Shop) -> None:
    with scope(Programme.unscoped.get().workspace_id):
        make_member(Programme.unscoped.get().workspace)
    installed.come_in(Client())
    assert role_of(ANNA) == "manager"
