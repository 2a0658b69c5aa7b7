"""The doors themselves: odd input, other methods, limits, and secrets that go nowhere."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.test import Client

from molva.integrations.models import AppInstall
from tests.web.apps.conftest import SECRET, Shop, md5, prove_all

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
