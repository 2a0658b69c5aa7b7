"""Scripts of js_tags, widgets and the pages of applications at work in a real browser on the fake shop."""

from playwright.sync_api import Page, expect

from molva.demo.shop import RunningShop
from tests.demo.outside import Developer
from tests.demo.test_storefront import variant

SCRIPT = """
(() => {
  const mark = new URLSearchParams(location.search).get("aff");
  if (!mark) return;
  const form = new URLSearchParams({_method: "put"});
  form.set("order[fields_values_attributes][FIELD][field_id]", "FIELD");
  form.set("order[fields_values_attributes][FIELD][value]", mark);
  const token = document.querySelector("meta[name=csrf-token]").content;
  fetch("/cart_items", {method: "POST", body: form, headers: {"X-CSRF-Token": token}})
    .then(() => document.body.dataset.filled = "yes");
})();
"""


def test_script_fills_the_field_and_the_buyer_orders(shop: RunningShop, page: Page) -> None:
    field = shop.add_row("field", office_title="Молва", handle="molva")["id"]
    shop.add_row("tag", type="JsTag::TextTag", content=SCRIPT.replace("FIELD", str(field)), name="molva")
    page.goto(f"{shop.url}/product/ivan-chay?aff=ANNA10")
    page.wait_for_selector("body[data-filled=yes]")
    page.get_by_role("button", name="В корзину").click()
    page.get_by_label("Промокод").fill("LES10")
    page.get_by_role("button", name="Пересчитать").click()
    expect(page.locator(".less")).to_contain_text("−24,90")
    page.get_by_role("link", name="Оформить заказ").click()
    page.get_by_label("Имя").fill("Пётр Иванов")
    page.get_by_label("Телефон").fill("+7 900 111-22-33")
    page.get_by_label("Согласие").check()
    page.get_by_role("button", name="Оформить заказ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Спасибо, заказ № 1001")
    order = shop.get_order(next(iter(shop.store.orders)))
    assert [row["value"] for row in order["fields_values"]] == ["ANNA10"]
    assert (order["first_current_location"], order["items_price"]) == ("/product/ivan-chay?aff=ANNA10", 224.1)
    page.goto(f"{shop.url}/admin2/orders/{order['id']}")
    page.get_by_role("button", name="Заказ выполнен").click()
    expect(page.locator("h1 .chip")).to_have_text("Заказ выполнен")
    assert shop.get_order(order["id"])["custom_status"]["permalink"] == "zakaz-vypolnen"


CART_SCRIPT = """
window.heard = [];
EventBus.subscribe("set_coupon:insales:cart", data => heard.push([data.action.method, data.total_price]));
Cart.add({items: {VARIANT: 2}})
  .then(() => Cart.setCoupon({coupon: "LES10"}))
  .then(() => EventBus.subscribe("add_items:insales:cart", data => heard.push(["late", data.total_price])))
  .then(() => ajaxAPI.shop.client.get().fail(error => heard.push([error.message, 0])))
  .always(() => { document.body.dataset.done = "yes"; });
"""


def test_documented_globals_drive_the_cart(shop: RunningShop, page: Page) -> None:
    number = variant(shop, "MUG-BEAR")
    shop.add_row("tag", type="JsTag::TextTag", content=CART_SCRIPT.replace("VARIANT", str(number)))
    page.goto(f"{shop.url}/product/kruzhka-medved")
    page.wait_for_selector("body[data-done=yes]")
    page.wait_for_function("heard.length === 3")
    assert page.evaluate("heard") == [["set_coupon", 1422], ["late", 1580], ["Not authorized", 0]]
    assert page.evaluate("Cart.order.get().items.map(item => item.quantity)") == [2]
    assert page.evaluate("Shop.config.get('currency_code')") == {"currency_code": "RUR"}
    product = page.evaluate("Shop.config.getProductId()")
    assert product == str(shop.variant(number)[0]["id"])  # type: ignore[index]


def test_checkout_by_script_makes_an_order(shop: RunningShop, page: Page) -> None:
    page.goto(shop.url)
    told = page.evaluate(
        """number => new Promise(done => Cart.add({items: {[number]: 1}}).then(() => ajaxAPI.checkout.order(
            {name: "Анна", phone: "+79000000001", email: "anna@example.org"}, {delivery: 8470071, payment: 6360123}
        )).done(done).fail(done))""",
        variant(shop, "MUG-BEAR"),
    )
    assert told["status"] == "ok"
    assert shop.get_order(told["order"]["id"])["total_price"] == 1090.0


def test_old_theme_has_no_globals(shop: RunningShop, page: Page) -> None:
    shop.faults.old_theme = True
    page.goto(shop.url)
    assert page.evaluate("[typeof window.Cart, typeof window.EventBus]") == ["undefined", "undefined"]


def test_banner_remembers_the_answer_and_tells_scripts(shop: RunningShop, page: Page) -> None:
    shop.faults.consent_banner = True
    content = 'document.addEventListener("cookie_consent", event => { window.told = event.detail; })'
    shop.add_row("tag", type="JsTag::TextTag", content=content)
    page.goto(shop.url)
    page.get_by_role("button", name="Нет, спасибо").click()
    expect(page.locator("[data-consent]")).to_have_count(0)
    assert page.evaluate("[window.told, document.cookie.includes('cookie_consent=no')]") == ["no", True]


def test_strict_policy_stops_scripts_of_others(shop: RunningShop, page: Page) -> None:
    shop.add_row("tag", type="JsTag::TextTag", content="window.ran = true;")
    page.goto(shop.url)
    assert page.evaluate("window.ran === true")
    shop.faults.content_policy = "strict"
    page.goto(shop.url)
    assert page.evaluate("[window.ran === undefined, typeof window.Cart]") == [True, "object"]


def test_widget_knows_its_order(shop: RunningShop, page: Page) -> None:
    code = "<p id=mine></p><script>mine.textContent = order_info.number + '/' + account_id + '/' + user_id</script>"
    shop.add_row("widget", code=code, height=60)
    order = shop.add_order(name="</script>")
    page.goto(f"{shop.url}/admin2/orders/{order['id']}")
    text = page.frame_locator(".widget iframe").locator("#mine")
    expect(text).to_have_text(f"1001/{shop.account_id}/1")


def test_person_installs_enters_and_logs_in(shop: RunningShop, developer: Developer, page: Page) -> None:
    page.goto(f"{shop.url}/admin2/applications")
    page.get_by_role("button", name="Установить").click()
    expect(page.locator(".chip")).to_have_text("установлено")
    page.get_by_role("link", name="Вход").click()
    page.wait_for_url(f"{developer.url}/entry**")
    page.goto(f"{shop.url}/admin/applications/molva/login?token=t&login={developer.url}/autologin")
    page.get_by_role("button", name="Игорь Кедров").click()
    page.wait_for_url(f"{developer.url}/autologin**")
    query = next(told for path, told in reversed(developer.asked) if path == "/autologin")
    assert (query["user_name"], query["email_confirmed"]) == ("Игорь Кедров", "true")
