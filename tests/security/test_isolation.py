"""Nobody comes where they do not belong: every address of the resolver, each visitor, ours and foreign things."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from molva.workspaces.models import User
from molva.workspaces.scoping import scope
from tests.security.conftest import CANARY, Twin
from tests.security.doors import ACTS, CABINET, OWNERS_OWN, SIGNED_IN, Door, doors

Browser = Callable[[User | None], Client]
FINE = {200, 302, 405, 422}
OFFICE_DOORS = [door for door in doors() if isinstance(door.who, tuple)]
CABINET_DOORS = [door for door in doors() if door.who == CABINET]


def _args(door: Door, place: Twin, things: Twin) -> dict[str, int | str]:
    """The parameters of an address: the programme of one company, the things of another or of the same one."""
    known: dict[str, int | str] = {
        "programme": place.programme.code, "pk": things.ids[door.thing] if door.thing else 0,
        "number": 1, "rule": things.ids["rule"], "topic": things.ids["topic"],
        "link": things.ids["link"], "partner": things.ids["partner"],
        "batch": things.ids["batch"],
    }  # fmt: skip
    return {name: known[name] for name in door.params}


def _url(door: Door, place: Twin, things: Twin | None = None) -> str:
    return reverse(door.name, kwargs=_args(door, place, things or place))


def _text(answer: HttpResponse) -> str:
    content = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return content.decode("utf-8", "replace")


def _ask(client: Client, method: str, url: str) -> HttpResponse:
    return client.get(url) if method == "get" else client.post(url, {})


def test_every_address_says_who_may_come_in():
    silent = [door.name for door in doors() if door.who is None]
    assert silent == [], "declare these in tests/security/doors.py"


def test_only_the_hook_door_needs_no_token():
    open_doors = {door.name for door in doors() if getattr(door.callback, "csrf_exempt", False)}
    assert open_doors == {"hooks:accept", "apps:widget_reference"}  # the second one changes nothing


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_not_signed_in_is_asked_to(twins: tuple[Twin, Twin], as_user: Browser, method: str):
    ours, _theirs = twins
    closed = [door for door in doors() if isinstance(door.who, tuple) or door.who in (CABINET, SIGNED_IN)]
    client = as_user(None)
    for door in closed:
        answer = _ask(client, method, _url(door, ours))
        refused_method = answer.status_code == 405 and (door.short in ACTS or method == "post")
        assert refused_method or (answer.status_code, answer["Location"].split("?")[0]) == (302, "/login/"), (
            door.name
        )


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_finds_no_office(twins: tuple[Twin, Twin], outsider: User, as_user: Browser, method: str):
    ours, theirs = twins
    for visitor in (outsider, theirs.people["owner"], theirs.seller.user, ours.seller.user):
        client = as_user(visitor)
        for door in OFFICE_DOORS:
            answer = _ask(client, method, _url(door, ours))
            acts_only = method == "get" and door.short in ACTS and answer.status_code == 405
            assert acts_only or answer.status_code == 404, (door.name, visitor)


def test_each_role_opens_its_own_pages_and_no_others(twins: tuple[Twin, Twin], as_user: Browser):
    ours, _theirs = twins
    wrong = []
    for role, user in ours.people.items():
        client = as_user(user)
        for door in OFFICE_DOORS:
            url = _url(door, ours)
            if door.thing in OWNERS_OWN and role in door.who and role != "owner":  # type: ignore[operator]
                is_fine = client.post(url, {}).status_code == 404
                is_fine = is_fine and client.get(url).status_code in (404, 405)
            elif role in door.who:  # type: ignore[operator]
                answer = client.get(url)
                is_fine = answer.status_code in FINE and CANARY not in _text(answer)
            else:
                is_fine = client.post(url, {}).status_code == 403
                is_fine = is_fine and client.get(url).status_code in (
                    (403, 405) if door.short in ACTS else (403,)
                )
            wrong += [] if is_fine else [(door.name, role)]
    assert wrong == []


def test_foreign_things_are_not_found_in_the_office(twins: tuple[Twin, Twin], as_user: Browser):
    ours, theirs = twins
    client = as_user(ours.people["owner"])
    sent = {"sure": "1", "reason": "x", "note": "x", "code": "x", "amount": "5"}
    wrong = []
    for door in OFFICE_DOORS:
        if not door.thing and not {"rule", "topic", "partner"} & set(door.params):
            continue
        url = _url(door, ours, theirs)
        answers = [client.post(url, sent)] + ([] if door.short in ACTS else [client.get(url)])
        wrong += [door.name for one in answers if one.status_code != 404 or CANARY in _text(one)]
    assert wrong == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_cabinet_is_its_partners_alone(
    twins: tuple[Twin, Twin], outsider: User, as_user: Browser, method: str
):
    ours, theirs = twins
    strangers = [outsider, theirs.seller.user, theirs.people["owner"], ours.people["owner"]]
    for door in CABINET_DOORS:
        for visitor in strangers:
            answer = _ask(as_user(visitor), method, _url(door, ours))
            assert answer.status_code in (404, 405), (door.name, visitor)


def test_a_partner_sees_what_is_own_and_nothing_else(twins: tuple[Twin, Twin], as_user: Browser):
    ours, theirs = twins
    wrong = []
    for door in CABINET_DOORS:
        answer = as_user(ours.seller.user).get(_url(door, ours))
        if answer.status_code not in FINE or CANARY in _text(answer):
            wrong.append((door.name, "own", answer.status_code))
        if not door.thing:
            continue
        method = "post" if door.short in ACTS else "get"
        for visitor, things in ((ours.seller, theirs), (ours.sibling, ours), (ours.sibling, theirs)):
            answer = _ask(as_user(visitor.user), method, _url(door, ours, things))
            if answer.status_code != 404 or CANARY in _text(answer):
                wrong.append((door.name, str(visitor), answer.status_code))
    assert wrong == []


LISTS = (
    "partners", "customers", "orders", "commissions", "payouts", "report_accruals", "report_sales", "history",
    "search", "inbound", "jobs", "content", "partner_add", "rule_new",
)  # fmt: skip


def test_no_question_brings_up_the_other_company(twins: tuple[Twin, Twin], as_user: Browser):
    """Filters, searches and files by foreign ids: what is asked for is not echoed, so any canary is a leak."""
    ours, theirs = twins
    client = as_user(ours.people["owner"])
    pk, part = theirs.ids, CANARY[:-1].lower()
    questions: list[dict[str, object]] = [
        {"partner": pk["partner"]}, {"q": part}, {"q": part, "as": "csv"}, {"q": part, "as": "xlsx"},
        {"inviter": pk["partner"]},
        {"object": f"order-{pk['order']}"}, {"object": f"partner-{pk['partner']}"}, {"state": "all"},
        {"as": "csv", "period": "all"}, {"by": "partner", "as": "csv"}, {"page": "9" * 30},
        {"object": f"order-{'9' * 30}"}, {"partner": "9" * 30}, {"before": "9" * 30},
        {"q": "x\0y"}, {"partner": "\0"}, {"who": "\0"},
        {"period": "all", "group": "x", "status": "x", "sort": "x", "from": "9999-12-31", "level": "x"},
    ]  # fmt: skip
    wrong = []
    for name in LISTS:
        url = reverse(f"office:{name}", args=[ours.programme.code])
        for question in questions:
            try:
                answer = client.get(url, question)
                expected = 400 if any("\0" in str(value) for value in question.values()) else 200
                is_fine = answer.status_code == expected and CANARY not in _text(answer)
            except Exception as error:
                wrong.append((name, question, repr(error)[:100]))
            else:
                wrong += [] if is_fine else [(name, question, answer.status_code)]
    assert wrong == []


def test_foreign_names_in_forms_are_not_known(twins: tuple[Twin, Twin], as_user: Browser):
    ours, theirs = twins
    client = as_user(ours.people["owner"])
    programme = ours.programme.code
    form = {"name": "N", "email": "n@example.org", "inviter": theirs.seller.code}
    answer = client.post(reverse("office:partner_add", args=[programme]), form)
    assert "inviter" in answer.context["form"].errors
    order = {"number": "1", "total": "1", "status": "delivered", "name": "N", "partner": theirs.seller.code}
    answer = client.post(reverse("office:orders_add", args=[programme]), order)
    assert "partner" in answer.context["form"].errors
    bulk = reverse("office:partners_bulk", args=[programme])
    client.post(f"{bulk}?do=block&ids={theirs.seller.pk}")
    client.post(f"/p/{programme}/", {"name": "N", "email": "m@example.org", "ref": theirs.seller.code})
    with scope(theirs.workspace):
        theirs.seller.refresh_from_db()
        assert theirs.seller.status == "active"
        assert theirs.seller.invited.count() == 0
