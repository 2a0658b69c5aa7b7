"""A script of js_tags at work in a real browser on the fake storefront."""

from playwright.sync_api import Page, expect

from molva.demo.shop import RunningShop

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
