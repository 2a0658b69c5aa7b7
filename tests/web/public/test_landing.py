"""The landing: what it says, whom it lets in, what it keeps, whom it stops."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from molva.jobs.models import Job
from molva.messaging.letters import send_link
from molva.programmes.models import Partner, Programme
from molva.tracking.models import Link
from molva.workspaces.models import User
from tests.factories import make_member

Fill = Callable[..., dict[str, str]]
DOCUMENTS = {
    "privacy": "https://shop.example/privacy",
    "agreement": "https://shop.example/terms",
    "news": "https://shop.example/news",
    "materials": "javascript:alert(1)",
}


def change(programme: Programme, **fields: Any) -> None:
    """Set plain fields."""
    for name, value in fields.items():
        setattr(programme, name, value)
    programme.save()


@pytest.mark.parametrize("theme", ["letter", "counter", "studio"])
def test_the_page_speaks_the_terms(client: Client, programme: Programme, theme: str) -> None:
    change(programme, theme=theme, landing_title="Друзьям скидка", landing_button="Взять ссылку")
    answer = client.get("/p/friends/", headers={"accept-language": "en"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f"landing-{theme}" in text
    assert "Друзьям скидка" in text
    assert text.count("Взять ссылку") == 2
    assert "10% of your clients&#x27; purchases and 3%" in text.replace("\u00a0", " ")


def test_an_unknown_programme_is_not_found(client: Client, programme: Programme) -> None:
    assert client.get("/p/enemies/").status_code == 404


def test_a_new_partner_is_in_with_one_press(client: Client, fill: Fill) -> None:
    answer = client.post("/p/friends/", fill())
    assert (answer.status_code, answer["Location"]) == (302, "/p/friends/thanks/")
    partner = Partner.objects.get(email="kate@example.org")
    link = Link.objects.get(partner=partner)
    assert f"/r/{link.code}" in client.get("/p/friends/thanks/").content.decode()
    assert client.get("/cabinet/friends/").status_code == 200


def test_the_link_goes_by_mail_through_the_queue(client: Client, fill: Fill) -> None:
    client.post("/p/friends/", fill())
    job = Job.objects.get()
    assert (job.path, mail.outbox) == ("molva.messaging.letters:send_link", [])
    send_link(**job.kwargs)
    letter = mail.outbox[0]
    code = Link.objects.get(partner__email="kate@example.org").code
    assert letter.to == ["kate@example.org"]
    assert f"/r/{code}" in letter.body
    assert "/cabinet/friends/" in letter.body
    html, kind = letter.alternatives[0]
    assert (kind, f"/r/{code}" in html) == ("text/html", True)


def test_a_known_e_mail_gets_the_same_page_and_nobody_is_let_in(client: Client, fill: Fill) -> None:
    answer = client.post("/p/friends/", fill(email="Boris@example.org", name="Somebody else"))
    assert (answer.status_code, answer["Location"]) == (302, "/p/friends/thanks/")
    page = client.get("/p/friends/thanks/").content.decode()
    assert "/r/boris" not in page
    assert "boris@example.org" in page
    assert client.get("/cabinet/friends/")["Location"] == "/login/?next=/cabinet/friends/"
    assert Partner.objects.get(email="boris@example.org").name == "Boris"
    assert Job.objects.get().kwargs["partner_id"] == Partner.objects.get(code="boris").pk


def test_an_e_mail_of_staff_does_not_open_the_office(
    client: Client, programme: Programme, fill: Fill
) -> None:
    owner = make_member(programme.workspace)
    client.post("/p/friends/", fill(email=owner.email))
    assert Partner.objects.filter(user=owner).exists()
    assert "_auth_user_id" not in client.session


def test_staff_who_try_the_page_stay_themselves(client: Client, programme: Programme, fill: Fill) -> None:
    owner = make_member(programme.workspace)
    client.force_login(owner)
    client.post("/p/friends/", fill())
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_fields_are_asked_as_the_programme_says(client: Client, programme: Programme, fill: Fill) -> None:
    change(programme, form_fields={"phone": "required", "city": "off"})
    answer = client.post("/p/friends/", fill())
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"phone"}
    assert 'name="city"' not in answer.content.decode()
    assert client.post("/p/friends/", fill(phone="12")).context["form"].errors.keys() == {"phone"}
    assert client.post("/p/friends/", fill(phone="8 (900) 123-45-67")).status_code == 302
    assert Partner.objects.get(email="kate@example.org").phone == "+79001234567"


@pytest.mark.parametrize(("field", "value"), [("name", "  "), ("email", "kate"), ("email", "")])
def test_a_bad_field_is_named_and_nothing_is_made(client: Client, fill: Fill, field: str, value: str) -> None:
    answer = client.post("/p/friends/", fill(**{field: value}))
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {field})
    assert (User.objects.count(), Job.objects.count()) == (2, 0)


def test_consents_are_separate_unticked_and_kept(client: Client, programme: Programme, fill: Fill) -> None:
    change(programme, documents=DOCUMENTS)
    page = client.get("/p/friends/").content.decode()
    assert ("checked" in page, "javascript:" in page) == (False, False)
    refused = client.post("/p/friends/", fill(agree_privacy="on"))
    assert set(refused.context["form"].errors) == {"agree_agreement"}
    client.post("/p/friends/", fill(agree_privacy="on", agree_agreement="on"), REMOTE_ADDR="192.0.2.7")
    kept = Partner.objects.get(email="kate@example.org").consents
    assert [(one["document"], one["url"], one["ip"]) for one in kept] == [
        ("agreement", DOCUMENTS["agreement"], "192.0.2.7"),
        ("privacy", DOCUMENTS["privacy"], "192.0.2.7"),
    ]
    assert all(one["at"] and one["text"] for one in kept)


def test_the_inviter_is_kept_through_the_form(client: Client, fill: Fill) -> None:
    assert "Anna" in client.get("/p/friends/?ref=ANNA").content.decode()
    client.post("/p/friends/", fill("?ref=ANNA"))
    assert str(Partner.objects.get(email="kate@example.org").invited_by) == "Anna"


def test_an_unknown_inviter_is_nobody(client: Client, fill: Fill) -> None:
    client.post("/p/friends/", fill("?ref=nobody"))
    assert Partner.objects.get(email="kate@example.org").invited_by is None


def test_a_robot_is_thanked_and_forgotten(client: Client, fill: Fill) -> None:
    answer = client.post("/p/friends/", fill(homepage="https://spam.example"))
    assert answer["Location"] == "/p/friends/thanks/"
    assert (Partner.objects.count(), Job.objects.count()) == (2, 0)


def test_a_form_sent_in_a_blink_is_asked_again(
    client: Client, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = fill()
    monkeypatch.setattr("molva.web.public.registration.LEAST_FILL_SECONDS", 60)
    assert client.post("/p/friends/", data).status_code == 422
    assert client.post("/p/friends/", {**data, "started": "made up"}).status_code == 422
    monkeypatch.setattr("molva.web.public.registration.LEAST_FILL_SECONDS", 0)
    assert client.post("/p/friends/", data).status_code == 302


def test_one_address_has_ten_tries_an_hour(client: Client, fill: Fill) -> None:
    answers = []
    for number in range(11):
        client.logout()
        answers.append(client.post("/p/friends/", fill(email=f"k{number}@example.org")).status_code)
    assert answers == [302] * 10 + [429]
    client.logout()
    assert client.post("/p/friends/", fill(email="x@example.org"), REMOTE_ADDR="192.0.2.9").status_code == 302


def test_a_closed_programme_takes_nobody(client: Client, programme: Programme, fill: Fill) -> None:
    data = fill()
    change(programme, is_registration_open=False)
    assert 'name="email"' not in client.get("/p/friends/").content.decode()
    assert client.post("/p/friends/", data).status_code == 403
    assert Partner.objects.count() == 2


def test_who_waits_for_acceptance_sees_that(client: Client, programme: Programme, fill: Fill) -> None:
    change(programme, approve_by_hand=True)
    client.post("/p/friends/", fill())
    for path in ("/p/friends/thanks/", "/cabinet/friends/", "/cabinet/friends/money/"):
        page = client.get(path, headers={"accept-language": "en"}).content.decode()
        assert ("The form is with us" in page, "/r/" in page) == (True, False), path


@pytest.mark.parametrize(
    ("query", "orders", "total"),
    [("", 8, 192_000), ("?orders=3&average=1000", 3, 30_000), ("?orders=900&average=x", 40, 960_000)],
)
def test_the_calculator_counts_without_a_script(
    client: Client, programme: Programme, query: str, orders: int, total: int
) -> None:
    example = client.get(f"/p/friends/{query}").context["example"]
    assert (example.orders, example.total_minor) == (orders, total)


def test_the_calculator_answers_htmx_with_the_receipt_alone(client: Client, programme: Programme) -> None:
    page = client.get("/p/friends/?orders=3&average=1000", headers={"hx-request": "true"}).content.decode()
    assert page.startswith('<div class="l-receipt"')
    assert 'id="average-out" for="average" hx-swap-oob="true"' in page
    assert "300" in page


def test_the_storefront_script_carries_the_settings(client: Client, programme: Programme) -> None:
    answer = client.get("/s/friends.js")
    text = answer.content.decode()
    config = json.loads(text[text.rindex("({") + 1 : text.rindex(")")])
    assert config["programme"] == "friends"
    assert (config["param"], config["field"]) == ("aff", None)
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "public, max-age=300"


def test_the_script_of_an_unknown_programme_is_empty(client: Client, programme: Programme) -> None:
    answer = client.get("/s/enemies.js")
    assert (answer.status_code, answer.content) == (404, b"")


def test_the_merchants_colour_is_a_stylesheet(client: Client, programme: Programme) -> None:
    change(programme, accent="#AA3300")
    assert "/p/friends/accent.css" in client.get("/p/friends/").content.decode()
    answer = client.get("/p/friends/accent.css")
    assert answer["Content-Type"] == "text/css"
    assert b"--primary:" in answer.content
