"""Orders with every oddity that real shops have shown, one knob for each.

A knob changes what is asked of `acts.add_order`, or adds acts that follow it. The same seed makes the same orders.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from molva.demo.shop import acts
from molva.demo.shop.admin.codes import codes
from molva.demo.shop.admin.statuses import add_status, rename_status
from molva.demo.shop.bodies import order_body
from molva.demo.shop.codes import find_code
from molva.demo.shop.shop import Shop
from molva.demo.shop.store import Row

NAMES = ("Анна Лесная", "Пётр Кедров", "Ольга", "Иван Сергеевич", "Dmitry")
GOODS = ("ivan-chay", "TEA-TAIGA", "GIFT-TEA", "MUG-BEAR", "GIFT-3HONEY")
ODD_PHONES = (
    "8(900)000-{0:02}-{1:02}",
    "+7(900)000-{0:02}-{1:02}",
    "8 900 000 {0:02} {1:02}",
    "900000{0:02}{1:02}",
)
BANK = "https://pay.bank.example/"
Knob = Callable[["Plan"], None]


@dataclass
class Plan:
    """An order to be made: arguments of `acts.add_order`, and acts that come after it (functions of the order)."""

    shop: Shop
    dice: Random
    wanted: Row = field(default_factory=dict)
    after: list[Callable[[Row], Row]] = field(default_factory=list)
    bundle: bool = False

    def odd(self, **values: Any) -> None:
        """Forms of values; two underscores stand for a dot."""
        told = self.wanted.setdefault("odd", {})
        told.update({name.replace("__", "."): value for name, value in values.items()})


def _phone(plan: Plan, form: str) -> str:
    return form.format(plan.dice.randrange(100), plan.dice.randrange(100))


def _no_email(plan: Plan) -> None:
    plan.wanted["email"] = None


def _empty_email(plan: Plan) -> None:
    plan.wanted["email"] = None
    plan.odd(client__email="")


def _no_client(plan: Plan) -> None:
    plan.wanted.update(name=None, phone=None, email=None)


def _odd_phone(plan: Plan) -> None:
    plan.wanted["phone"] = _phone(plan, plan.dice.choice(ODD_PHONES))


def _short_phone(plan: Plan) -> None:
    plan.wanted["phone"] = _phone(plan, "9000{0:02}")


def _word_phone(plan: Plan) -> None:
    plan.wanted["phone"] = "нет телефона"


def _other_address_phone(plan: Plan) -> None:
    plan.wanted["address_phone"] = "8" + "".join(filter(str.isdigit, plan.wanted["phone"] or ""))[1:]


def _kilograms(plan: Plan) -> None:
    weights = [
        variant["id"]
        for product in plan.shop.store.tables["product"].values()
        for variant in product["variants"]
        if variant["unit"] == "kgm"
    ]
    plan.wanted["items"] = [[weights[0], plan.dice.choice((0.5, 1.25, 4.0))]]


def _edited_after_payment(plan: Plan) -> None:
    plan.wanted["paid"] = True
    plan.after += [
        lambda body: {"add": ["MUG-BEAR", 1]},
        lambda body: {"price": {"line": body["order_lines"][0]["id"], "price": "100.00"}},
        lambda body: {"client": {"name": "Другой Получатель"}} if body["client"] else {},
    ]


def _code(plan: Plan, text: str, discount: str) -> None:
    if find_code(plan.shop.store, text) is None:
        codes.add(plan.shop, {"code": text, "type_id": 1, "discount": discount}, "")
    plan.wanted["promo_code"] = text


def _full_discount(plan: Plan) -> None:
    _code(plan, "DAR100", "100.0")


def _almost_full_discount(plan: Plan) -> None:
    _code(plan, "DAR999", "99.9")


def _by_manager(plan: Plan) -> None:
    plan.wanted.update(location=None, first_location=None, referer=None, by="Мария Таёжная")


def _bundle(plan: Plan) -> None:
    plan.wanted["items"] = [["MUG-BEAR", 1, "500.00"], ["MUG-BEAR", 2, "790.00"]]
    plan.bundle = True
    plan.after.append(
        lambda body: {
            "discount": {
                "discount": 10,
                "type_id": 1,
                "description": "Скидка на комплект",
                "discount_order_lines_ids": [body["order_lines"][0]["id"]],
            }
        }
    )


def _numbers_as_texts(plan: Plan) -> None:
    plan.odd(
        delivery_info__price="0.0", total_profit="-12.5", order_lines__0__weight="0.35", margin_amount="0.0"
    )


def _texts_as_numbers(plan: Plan) -> None:
    plan.odd(
        delivery_info__price=0, total_profit=-12.5, margin=0.0, margin_amount=0, order_lines__0__weight=0.35
    )


def _discount(plan: Plan, **values: Any) -> None:
    plan.wanted["discounts"] = [{"discount": 50, "type_id": 2, "description": None, **values}]


def _old_body(plan: Plan) -> None:
    plan.odd(custom_status=None, first_source=None, cookies=None, order_changes=[])


def _renamed_status(plan: Plan) -> None:
    shop = plan.shop
    row = shop.status("zhdyot-vydachi") or add_status(shop, "Ждёт выдачи", "approved")
    rename_status(shop, row, "Ждёт выдачи")

    def rename(body: Row) -> Row:
        rename_status(shop, row, "Готов к выдаче")
        return {"manager_comment": "название статуса изменили"}

    plan.wanted["status"] = row["permalink"]
    plan.after.append(rename)


def _paid_toggle(plan: Plan) -> None:
    plan.after += [lambda body: {"paid": True}, lambda body: {"paid": False}, lambda body: {"paid": True}]


def _returned(plan: Plan) -> None:
    plan.wanted.update(items=[["MUG-BEAR", 2], ["TEA-TAIGA", 1]], paid=True, status="delivered")
    plan.after.append(lambda body: {"return": body["order_lines"][0]["id"]})


def _deleted(plan: Plan) -> None:
    plan.after.append(lambda body: {"delete": True})


def _after_payment(plan: Plan) -> None:
    key = f"{plan.dice.getrandbits(128):032x}"
    plan.wanted.update(
        location=f"/orders/{key}?success_payment=true", referer=BANK, first_location="/?aff=ANNA10"
    )


def _place(text: str) -> Knob:
    return lambda plan: plan.wanted.update(location=text, first_location=text)


def _form(**values: Any) -> Knob:
    return lambda plan: plan.odd(**values)


KNOBS: dict[str, Knob] = {
    "no_email": _no_email,
    "empty_email": _empty_email,
    "no_client": _no_client,
    "odd_phone": _odd_phone,
    "short_phone": _short_phone,
    "word_phone": _word_phone,
    "other_address_phone": _other_address_phone,
    "lookalike_name": lambda plan: plan.wanted.update(name="Aннa Лecнaя"),
    "markup_name": lambda plan: plan.wanted.update(name="<script>alert(1)</script>"),
    "kilograms": _kilograms,
    "no_sku": _form(order_lines__0__sku=None),
    "edited_after_payment": _edited_after_payment,
    "paid_toggle": _paid_toggle,
    "returned": _returned,
    "deleted": _deleted,
    "renamed_status": _renamed_status,
    "full_discount": _full_discount,
    "almost_full_discount": _almost_full_discount,
    "manual_discount": _discount,
    "rule_discount": lambda plan: _discount(plan, description="Скидка недели", rule_id=16866),
    "outer_discount": lambda plan: _discount(plan, description="Скидка по карте"),
    "bundle": _bundle,
    "margin": lambda plan: plan.wanted.update(margin="10.0"),
    "by_manager": _by_manager,
    "no_location": lambda plan: plan.wanted.update(location=None, first_location=None),
    "slash_location": _place("/"),
    "cyrillic_location": _place("/product/%D0%BC%D1%91%D0%B4?aff=%D0%90%D0%9D%D0%9D%D0%90"),
    "long_location": _place("/?aff=ANNA10&x=" + "y" * 1900),
    "after_payment_location": _after_payment,
    "cookies_filled": lambda plan: plan.wanted.update(cookies={"roistat_visit": "73666"}),
    "cookies_list": _form(cookies=[]),
    "cookies_null": _form(cookies=None),
    "ip_text": _form(client__ip_addr="192.0.2.10"),
    "ip_object": _form(client__ip_addr={"family": 2, "addr": 3221225994, "mask_addr": 4294967295}),
    "ip_null": _form(client__ip_addr=None),
    "numbers_as_texts": _numbers_as_texts,
    "texts_as_numbers": _texts_as_numbers,
    "delivery_price_null": _form(delivery_info__price=None),
    "old_body": _old_body,
}


def generate(
    shop: Shop,
    *,
    count: int | None = None,
    knobs: Sequence[str] = (),
    together: bool = False,
    seed: int = 1,
    tell: bool = True,
    at: str | None = None,
) -> list[tuple[Row, list[str]]]:
    """Make orders: bodies with the knobs that each has. Callers hold the lock. Raises LookupError for a knob.

    Knobs are taken in turn, one for each order, or all `together`; without any, every order gets a few by chance.
    """
    dice, made = Random(seed), []  # noqa: S311 - orders must be repeatable, not secret
    for number in range(count or len(knobs) or 1):
        if together:
            names = list(knobs)
        elif knobs:
            names = [knobs[number % len(knobs)]]
        else:
            names = dice.sample(sorted(KNOBS), dice.randrange(4))
        made.append((_make(Plan(shop, dice), names, {"tell": tell, **({"at": at} if at else {})}), names))
    return made


def _make(plan: Plan, names: Sequence[str], when: Row) -> Row:
    dice, store = plan.dice, plan.shop.store
    plan.wanted = {
        "name": dice.choice(NAMES),
        "phone": f"+7900{dice.randrange(10**7):07}",
        "email": f"buyer{dice.randrange(10**6)}@example.org",
        "items": [[dice.choice(GOODS), dice.randrange(1, 4)]],
        "location": "/?aff=ANNA10",
    }
    for name in names:
        KNOBS[name](plan)
    body = acts.add_order(plan.shop, **plan.wanted, **when)
    order = store.orders[body["id"]]
    if plan.bundle:
        order.lines[0].bundle_id = store.tables["product"][order.lines[0].product_id]["id"] + 1
    for act in plan.after:
        acts.act(plan.shop, order, {**act(order_body(store, order)), **when})
    return order_body(store, order)
