"""Webhooks in both formats, scripts and widgets: what one application makes in a shop."""

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx2
import pytest

from molva.demo.shop import RunningShop
from tests.demo.outside import Developer, ask, client_of

SAMPLES = Path(__file__).parents[1] / "integrations" / "insales" / "samples"


def make_hook(api: httpx2.Client, developer: Developer, topic: str, **more: Any) -> dict[str, Any]:
    wanted = {"address": f"{developer.url}/{topic}", "topic": topic, "format_type": "json", **more}
    answer = api.post("/admin/webhooks.json", json={"webhook": wanted})
    assert answer.status_code == 201
    return dict(answer.json())


def test_webhook_is_xml_unless_json_is_asked(api: httpx2.Client) -> None:
    wanted = {"address": "http://127.0.0.1:9/a", "topic": "orders/create"}
    made = api.post("/admin/webhooks.json", json={"webhook": wanted}).json()
    sample = json.loads((SAMPLES / "webhook_create_response_201.CONSTRUCTED.json").read_text())
    assert (made["format_type"], made["batch_size"]) == ("xml", None)
    assert set(made) == {*sample, "updated_at"}
    changed = api.put(f"/admin/webhooks/{made['id']}.json", json={"webhook": {"format_type": "json"}}).json()
    assert (changed["format_type"], changed["address"]) == ("json", wanted["address"])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"address": "ftp://a.example/"}, "address"),
        ({"topic": "orders/paid"}, "topic"),
        ({"format_type": "yaml"}, "format_type"),
    ],
)
def test_wrong_webhook_is_refused(api: httpx2.Client, wrong: dict[str, str], field: str) -> None:
    wanted = {"address": "http://127.0.0.1:9/a", "topic": "orders/create", **wrong}
    answer = api.post("/admin/webhooks.json", json={"webhook": wanted})
    assert (answer.status_code, set(answer.json())) == (422, {field})


def test_xml_body_says_what_the_json_says(
    shop: RunningShop, api: httpx2.Client, developer: Developer
) -> None:
    make_hook(api, developer, "orders/create", format_type="xml")
    order = shop.add_order(name="Анна & Ко", items=[["HONEY-BUCK", 2]], promo_code="LES10")
    assert shop.hooks.wait_idle()
    root = fromstring(developer.bodies[0])  # noqa: S314 - our own
    assert (root.tag, root.findtext("id"), root.findtext("client/name")) == (
        "order",
        str(order["id"]),
        "Анна & Ко",
    )
    assert root.find("comment").attrib == {"nil": "true"}  # type: ignore[union-attr]
    assert root.find("order-lines").attrib == {"type": "array"}  # type: ignore[union-attr]
    assert root.findtext("order-lines/order-line/quantity") == "2"
    assert root.findtext("discounts/discount/description") == "Скидка по купону LES10"
    assert root.findtext("created-at") == order["created_at"][:19].replace("T", " ") + " +0300"


def test_json_hooks_may_turn_to_xml(shop: RunningShop, api: httpx2.Client, developer: Developer) -> None:
    make_hook(api, developer, "orders/create")
    ask(shop, "faults", hooks_xml_percent=100)
    shop.add_order()
    assert shop.hooks.wait_idle()
    assert developer.bodies[0].startswith("<?xml")


def test_goods_and_clients_have_hooks_too(
    shop: RunningShop, api: httpx2.Client, developer: Developer
) -> None:
    hooks = [
        make_hook(api, developer, topic)
        for topic in ("products/create", "products/update", "client/create", "client/update")
    ]
    assert [hook["batch_size"] for hook in hooks] == [10, 10, None, None]
    made = ask(shop, "product", title="Шишка", variants_attributes=[{"price": "10", "sku": "CONE"}])
    api.put(f"/admin/products/{made['id']}.json", json={"product": {"title": "Шишка кедра"}})
    client = api.post("/admin/clients.json", json={"client": {"name": "Олег", "phone": "89000000002"}}).json()
    shop.add_order(phone="+79000000002", name="Олег Новый")
    shop.add_order(phone="+79000000003", name="Кто-то")
    assert shop.hooks.wait_idle()
    told = [
        (path.lstrip("/"), body[0]["title"] if isinstance(body, list) else body["name"])
        for (path, _), body in zip(developer.asked, developer.bodies, strict=True)
    ]
    assert told == [
        ("products/create", "Шишка"),
        ("products/update", "Шишка кедра"),
        ("client/create", "Олег"),
        ("client/update", "Олег Новый"),
        ("client/create", "Кто-то"),
    ]
    assert developer.bodies[2] == client


def test_js_tags_are_made_and_refused(api: httpx2.Client) -> None:
    wanted = json.loads((SAMPLES / "js_tag_create_request.CONSTRUCTED.json").read_text())
    made = api.post("/admin/js_tags.json", json=wanted)
    sample = json.loads((SAMPLES / "js_tag_create_response.CONSTRUCTED.json").read_text())
    assert (made.status_code, set(made.json())) == (201, set(sample))
    assert api.post("/admin/js_tags.json", json={"js_tag": {"type": "JsTag::X", "content": "1"}}).json() == {
        "type": ["имеет непредусмотренное значение"]
    }
    path = f"/admin/js_tags/{made.json()['id']}.json"
    assert api.put(path, json={"js_tag": {"content": "https://a.example/b.js"}}).json()["name"] == "molva"
    assert api.delete(path).json() == {"status": "ok"}
    assert api.get(path).status_code == 404


def widget(api: httpx2.Client, **values: Any) -> httpx2.Response:
    return api.post("/admin/application_widgets.json", json={"application_widget": values})


def test_widgets_are_kept_for_their_application(shop: RunningShop, api: httpx2.Client) -> None:
    made = widget(api, code="<b>1</b>", height="60")
    sample = json.loads((SAMPLES / "application_widgets_list_from_xml.json").read_text())[0]
    assert (made.status_code, made.json()["height"], made.json()["page_type"]) == (201, 60, "order")
    assert set(sample) <= set(made.json())
    path = f"/admin/application_widgets/{made.json()['id']}.json"
    assert api.put(path, json={"application_widget": {"page_type": "product"}}).json()["code"] == "<b>1</b>"
    assert [widget(api, **bad).status_code for bad in ({"code": "x"}, {"height": 1, "code": ""})] == [
        422,
        422,
    ]
    assert widget(api, code="x", height=0).json() == {"height": ["должно быть больше 0"]}
    shop.store.settings["keys"]["other"] = "password"
    with client_of(shop, "other", "password") as other:
        assert (other.get(path).status_code, other.get("/admin/application_widgets.json").json()) == (404, [])
    assert api.delete(path).json() == {"status": "ok"}


def test_widget_stands_on_the_order_page_with_its_globals(shop: RunningShop, api: httpx2.Client) -> None:
    order = shop.add_order(name="</script><b>", comment="<!-- ")
    made = widget(api, code="<p id='mine'></p>", height=60).json()
    with client_of(shop) as browser:
        browser.post("/admin2/login", data={"staff": "2"})
        page = browser.get(f"/admin2/orders/{order['id']}").text
        address = f"/admin2/widgets/{made['id']}?order={order['id']}"
        assert (
            f'src="{address}" height="60"' in page,
            browser.get("/admin2/widgets/9?order=1").status_code,
        ) == (
            True,
            404,
        )
        frame = browser.get(address).text
    script, _, rest = frame.partition("</script>")
    told = dict(line.removeprefix("window.").rstrip(";").split(" = ", 1) for line in script.split("\n")[1:-1])
    assert (told["account_id"], told["user_id"]) == (str(shop.account_id), "2")
    assert json.loads(told["order_info"].replace("<\\/", "</").replace("<\\!--", "<!--")) == order
    assert "<p id='mine'></p>" in rest


def test_widget_of_a_product_stands_on_its_page(shop: RunningShop, api: httpx2.Client) -> None:
    made = widget(api, code="<p></p>", height=40, page_type="product").json()
    number = next(iter(shop.store.tables["product"]))
    with client_of(shop) as browser:
        assert (
            f"/admin2/widgets/{made['id']}?product={number}" in browser.get(f"/admin2/products/{number}").text
        )
        frame = browser.get(f"/admin2/widgets/{made['id']}?product={number}").text
    assert f'window.product_info = {{"id": {number}' in frame
