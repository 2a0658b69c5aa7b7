"""The doors of the order widget: who is told what, from where, for how long."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client
from django.utils import translation

from molva.demo.shop import RunningShop
from molva.integrations.base import secret_hash
from molva.integrations.connecting import disconnect_shop
from molva.integrations.models import Connection
from molva.integrations.polling import poll_shop
from molva.integrations.setup import begin_setup, set_up_shop
from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.models import Partner
from molva.web.apps import widget
from molva.web.ui import formats
from tests.factories import make_user


def key_in(shop: RunningShop) -> str:
    """The key as it stands in the shop's widget."""
    (row,) = shop.store.tables["widget"].values()
    return str(row["code"]).partition('data-molva-key="')[2].partition('"')[0]


def ask(shop: RunningShop, order: object, *, origin: str | None = None, **more: str) -> HttpResponse:
    """What the script in the widget asks."""
    data = {"key": key_in(shop), "order": str(order), "account": str(shop.account_id), **more}
    headers = {"Origin": shop.url if origin is None else origin}
    return Client().post("/apps/widget/", data, headers={k: v for k, v in headers.items() if v})


def path_of(answer: HttpResponse) -> str:
    """The frame's address without the host."""
    url = str(json.loads(answer.content)["url"])
    assert url.startswith(django_settings.MOLVA_URL)
    return url.removeprefix(django_settings.MOLVA_URL)


def seen(shop: RunningShop, order: object, **headers: str) -> str:
    """The frame's text for an order."""
    answer = Client().get(path_of(ask(shop, order)), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def brought(connection: Connection, shop: RunningShop, **more: Any) -> dict[str, Any]:
    """An order that Boris brought, read by us."""
    told = shop.add_order(location="/?aff=boris", tell=False, **more)
    poll_shop(connection_id=connection.pk)
    return told


def test_it_tells_who_brought_the_order_and_what_is_owed(connection: Connection, fake_shop: RunningShop):
    told = brought(connection, fake_shop, status="delivered")
    order = Order.objects.get()
    text = seen(fake_shop, told["id"])
    assert "Boris" in text
    assert "клиент пришёл на адрес с меткой партнёра" in text
    with translation.override("ru"):
        owed = formats.money(order.commissions.get().posted_minor, "RUB")
    assert owed in html.unescape(re.sub(r"<[^>]+>", "", text))
    assert "Ждёт срока до" in text
    assert f'href="{django_settings.MOLVA_URL}/office/friends/orders/{order.pk}/"' in text


def test_it_tells_no_contacts_and_no_secrets(connection: Connection, fake_shop: RunningShop):
    told = brought(
        connection, fake_shop, status="delivered", email="marina@example.org", phone="+79161234567"
    )
    order = Order.objects.get()
    text = seen(fake_shop, told["id"])
    hidden = [order.customer.email, "9161234567", order.customer.name, "boris@example.org", told["key"]]
    hidden += [connection.secrets["password"], connection.secrets["hook"], key_in(fake_shop)]
    assert [word for word in hidden if word and word in text] == []


def test_a_partner_who_is_called_by_his_mail_is_told_by_his_code(
    connection: Connection, fake_shop: RunningShop
):
    Partner.objects.update(name="boris@example.org")
    told = brought(connection, fake_shop)
    text = seen(fake_shop, told["id"])
    assert ("boris@example.org" in text, "boris" in text) == (False, True)


def test_an_order_of_nobody_says_so(connection: Connection, fake_shop: RunningShop):
    told = fake_shop.add_order(tell=False)
    poll_shop(connection_id=connection.pk)
    text = seen(fake_shop, told["id"])
    assert ("Заказ ничей" in text, "ничего не начисляется" in text) == (True, True)


def test_an_order_that_is_not_read_yet_says_what_will_happen(connection: Connection, fake_shop: RunningShop):
    told = fake_shop.add_order(location="/?aff=boris", tell=False)
    text = seen(fake_shop, told["id"])
    assert "ещё не прочитала этот заказ" in text
    assert "Boris" not in text


def test_an_order_of_another_shop_looks_like_one_that_is_not_read(
    connection: Connection, fake_shop: RunningShop
):
    told = brought(connection, fake_shop)
    Order.objects.update(source="insales:0")  # the same number, told by another shop
    unknown = seen(fake_shop, 987654321)
    assert seen(fake_shop, told["id"]) == unknown


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en-US,en;q=0.9", "not read this order yet"),
        ("ru-RU,ru", "ещё не прочитала"),
        ("kk,tr", "ещё не прочитала"),  # the shop's own language
        ("kk,en;q=0.5", "not read this order yet"),
    ],
)
def test_it_speaks_the_language_of_the_browser_else_of_the_shop(
    connection: Connection, fake_shop: RunningShop, language: str, words: str
):
    assert words in seen(fake_shop, 5, **{"Accept-Language": language})


REFUSED: list[tuple[str, dict[str, str]]] = [
    ("a wrong key", {"key": "x" * 43}),
    ("no key", {"key": ""}),
    ("the hash instead of the key", {"key": "HASH"}),
    ("another account", {"account": "1"}),
    ("no order", {"order": ""}),
    ("a word for an order", {"order": "1 OR 1=1"}),
    ("a huge number", {"order": "9" * 40}),
    ("another site", {"origin": "https://evil.example"}),
    ("a site that only begins alike", {"origin": "ORIGIN.evil.example"}),
    ("no origin", {"origin": ""}),
    ("a sandboxed page", {"origin": "null"}),
]


@pytest.mark.parametrize(("case", "asked"), REFUSED, ids=[row[0] for row in REFUSED])
def test_everybody_else_gets_no_reference(
    connection: Connection, fake_shop: RunningShop, case: str, asked: dict[str, str]
):
    told = brought(connection, fake_shop)
    connection.refresh_from_db()
    known = {"HASH": connection.widget_hash, "ORIGIN.evil.example": f"{fake_shop.url}.evil.example"}
    more = {"order": str(told["id"])} | {name: known.get(value, value) for name, value in asked.items()}
    answer = ask(fake_shop, **more)  # type: ignore[arg-type]
    assert (answer.status_code, json.loads(answer.content)) == (404, {"error": "not found"})
    if "origin" in asked or "key" in asked:
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_only_the_shop_may_read_the_answer_and_frame_the_page(connection: Connection, fake_shop: RunningShop):
    answer = ask(fake_shop, 5)
    assert answer["Access-Control-Allow-Origin"] == fake_shop.url
    assert "Origin" in answer["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    page = Client().get(path_of(answer))
    policy = {part.strip() for part in page["Content-Security-Policy"].split(";")}
    assert f"frame-ancestors {fake_shop.url}" in policy
    assert policy >= {"default-src 'none'", "script-src 'self'", "form-action 'self'"}
    assert "X-Frame-Options" not in page.headers
    assert ("no-store" in page["Cache-Control"], page["Referrer-Policy"]) == (True, "no-referrer")
    assert not page.cookies


def test_a_public_shop_is_framed_over_https(connection: Connection, settings: Any):
    settings.MOLVA_ALLOW_PRIVATE_HOSTS = []
    connection.host, connection.facts = "tea.myinsales.ru", {"hosts": ["tea.myinsales.ru", "tea.example"]}
    assert widget.origins_of(connection) == ["https://tea.example", "https://tea.myinsales.ru"]


def test_a_reference_lives_for_five_minutes(connection: Connection, fake_shop: RunningShop):
    told = brought(connection, fake_shop)
    path = path_of(ask(fake_shop, told["id"]))
    with clock.pretend(clock.now() + timedelta(minutes=4)):
        assert "Boris" in Client().get(path).content.decode()
    with clock.pretend(clock.now() + timedelta(minutes=6)):
        late = Client().get(path)
    assert (late.status_code, "Boris" in late.content.decode()) == (410, False)
    assert "устарел" in late.content.decode()
    assert "X-Frame-Options" not in late.headers


@pytest.mark.parametrize("change", ["altered", "cut", "empty words"])
def test_an_altered_reference_tells_nothing_and_cannot_be_framed(
    connection: Connection, fake_shop: RunningShop, change: str
):
    told = brought(connection, fake_shop)
    signed = path_of(ask(fake_shop, told["id"])).strip("/").rpartition("/")[2]
    wrong = {
        "altered": ("A" if signed[0] != "A" else "B") + signed[1:],
        "cut": signed[:-2],
        "empty words": "e30:" + signed.rpartition(":")[2],
    }[change]
    page = Client().get(f"/apps/widget/{wrong}/")
    assert (page.status_code, "Boris" in page.content.decode()) == (404, False)
    assert "никуда не ведёт" in page.content.decode()
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_a_new_key_ends_the_old_one_and_its_references(connection: Connection, fake_shop: RunningShop):
    told = brought(connection, fake_shop)
    old_key, old_path = key_in(fake_shop), path_of(ask(fake_shop, told["id"]))
    begin_setup(connection)
    assert ask(fake_shop, told["id"]).status_code == 404
    set_up_shop(connection_id=connection.pk)
    connection.refresh_from_db()
    assert secret_hash(key_in(fake_shop)) == connection.widget_hash
    assert ask(fake_shop, told["id"], key=old_key).status_code == 404
    assert Client().get(old_path).status_code == 404
    assert "Boris" in seen(fake_shop, told["id"])


def test_a_disconnected_shop_is_told_nothing(connection: Connection, fake_shop: RunningShop):
    told = brought(connection, fake_shop)
    path = path_of(ask(fake_shop, told["id"]))
    connection.refresh_from_db()
    disconnect_shop(connection=connection, actor=make_user())
    assert ask(fake_shop, told["id"]).status_code == 404
    assert Client().get(path).status_code == 404


def test_too_many_questions_are_refused_in_words(
    connection: Connection, fake_shop: RunningShop, settings: Any
):
    settings.ACCOUNT_RATE_LIMITS = {"widget": "3/m/ip"}
    path = path_of(ask(fake_shop, 5))
    assert [ask(fake_shop, 5).status_code for _ in range(3)] == [200, 200, 429]
    refused = Client().get(path)
    assert (refused.status_code, "через минуту" in refused.content.decode()) == (429, True)


def test_the_script_is_small_and_knows_nothing(db: None):
    answer = Client().get("/apps/widget.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(answer.content) < 4_096
