"""`/_control/…`: what tests and the demo do to the shop from outside. JSON in, JSON out; it exists in no real shop.

GET  /_control/state    key, account id, counts, faults
POST /_control/faults   {name: value, …} of `Faults`; {"reset": true} first puts all right
POST /_control/orders   the arguments of `RunningShop.add_order`, or a list of them: the made orders
POST /_control/order    {"id", "status" | "paid" | "decline" | "delete" | "return": line id}: a human's act;
                        "at" sets its moment, "tell": false keeps the webhooks silent; more acts in `acts.ACTS`
POST /_control/idle     waits until all webhooks are delivered: {"idle": true}
POST /_control/applications   {"identifier", "secret", "name", "install_url", "entry_url", "uninstall_url"}: the same
                        application in every shop of this server; again changes it
POST /_control/install  {"identifier"}: installs or installs again: {"installed", "answer", "password"}
POST /_control/uninstall  {"identifier"}: {"answer"}
POST /_control/enter    {"identifier", "user_id"}: {"url"}, where «Enter» leads the browser
POST /_control/staff    {"name", "email", "email_confirmed"}: one more person of the back office, with an "id"
POST /_control/settings {"title", "client_cookies_whitelist", "extra_domains", "main_host", "paid_till", "blocked"}
POST /_control/generate {"count", "knobs", "together", "seed", "at", "tell"}: {"orders": […], "knobs": [[…], …]}
POST /_control/charge   {"id", "act": "pay" | "decline"}: the merchant settles a single charge: {"status", "answer"}
POST /_control/monthly  {"identifier", "act": "pay" | "block" | "unblock" | "pass", "days"}: the monthly charge
POST /_control/product  {"title", "variants_attributes": [{"price", "sku"}]}: a new product, told to the webhooks
POST /_control/shops    {"port", "account_id"}: one more shop of this server; its state
"""

from dataclasses import asdict
from typing import Any

from molva.demo.shop import acts, applications, charges, generator, goods, preferences
from molva.demo.shop.bodies import order_body
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.web import BadRequest, Request, Response, Routes, json_response

routes = Routes()


def handle(shop: Shop, request: Request) -> Response:
    """Answer one command."""
    found = routes.find(request.method, request.path)
    if found is None:
        return json_response({"error": "unknown command"}, 404)
    try:
        return found[0](shop, request.json())
    except Refused as error:
        return json_response({"error": error.errors}, 422)
    except (BadRequest, LookupError, TypeError, ValueError) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


@routes.add("GET", "/_control/state")
def state(shop: Shop, body: Any) -> Response:
    """What a client must know to connect."""
    login, password = next(iter(shop.store.settings["keys"].items()))
    application_names = ("identifier", "secret", "state", "password", "calls")
    told = {
        "url": shop.url,
        "account_id": shop.store.settings["account_id"],
        "api_key": login,
        "api_password": password,
        "orders": len(shop.store.orders),
        "deliveries": len(shop.hooks.deliveries),
        "faults": asdict(shop.faults),
        "applications": [
            {name: row[name] for name in application_names}
            for row in shop.store.tables["application"].values()
        ],
        "staff": list(shop.store.tables["staff"].values()),
        "shops": [{"url": other.url, "account_id": number} for number, other in shop.shops.items()],
    }
    return json_response(told)


@routes.add("POST", "/_control/faults")
def faults(shop: Shop, body: Any) -> Response:
    """Change the fault menu."""
    wanted = dict(body)
    if wanted.pop("reset", False):
        shop.faults.reset()
    refused = shop.faults.update(wanted)
    return json_response({"refused": refused, "faults": asdict(shop.faults)}, 422 if refused else 200)


@routes.add("POST", "/_control/orders")
def add_orders(shop: Shop, body: Any) -> Response:
    """Make one order or many."""
    with shop.store.lock:
        if isinstance(body, list):
            return json_response([acts.add_order(shop, **entry) for entry in body], 201)
        return json_response(acts.add_order(shop, **body), 201)


@routes.add("POST", "/_control/order")
def change_order(shop: Shop, body: Any) -> Response:
    """Do to an order what a person in the back office would."""
    with shop.store.lock:
        order = shop.store.orders[int(body["id"])]
        acts.act(shop, order, {name: value for name, value in body.items() if name != "id"})
        return json_response(order_body(shop.store, order))


@routes.add("POST", "/_control/idle")
def idle(shop: Shop, body: Any) -> Response:
    """Wait for the webhooks' queue."""
    return json_response({"idle": shop.hooks.wait_idle(float(dict(body).get("timeout", 10)))})


@routes.add("POST", "/_control/applications")
def register_application(shop: Shop, body: Any) -> Response:
    """An application that every shop of this server offers from now on."""
    rows = [applications.register(one, body) for one in shop.shops.values()]
    return json_response({name: rows[0][name] for name in ("identifier", "secret", "name")}, 201)


@routes.add("POST", "/_control/install")
def install_application(shop: Shop, body: Any) -> Response:
    """Install, or install again."""
    answer = applications.install(shop, body["identifier"])
    row = applications.find(shop, body["identifier"])
    return json_response(
        {"installed": answer.status == 200, "answer": answer.words, "password": row["password"]}
    )


@routes.add("POST", "/_control/uninstall")
def uninstall_application(shop: Shop, body: Any) -> Response:
    """Remove."""
    return json_response({"answer": applications.uninstall(shop, body["identifier"]).words})


@routes.add("POST", "/_control/enter")
def enter_application(shop: Shop, body: Any) -> Response:
    """The address that the back office would send the browser to."""
    user = shop.store.tables["staff"][int(body.get("user_id", 1))]
    row = applications.find(shop, body["identifier"])
    return json_response({"url": applications.entry_address(shop, row, user)})


@routes.add("POST", "/_control/staff")
def add_staff(shop: Shop, body: Any) -> Response:
    """One more person who may log in to the back office."""
    person = {"name": str(body["name"]), "email": body.get("email")}
    confirmed = bool(body.get("email_confirmed", True))
    with shop.store.lock:
        return json_response(shop.store.add_row("staff", {**person, "email_confirmed": confirmed}), 201)


@routes.add("POST", "/_control/settings")
def change_settings(shop: Shop, body: Any) -> Response:
    """What the owner sets."""
    with shop.store.lock:
        preferences.change(shop, body)
        return json_response({name: shop.store.settings.get(name) for name in preferences.NAMES})


@routes.add("POST", "/_control/generate")
def generate_orders(shop: Shop, body: Any) -> Response:
    """Odd orders."""
    with shop.store.lock:
        made = generator.generate(shop, **body)
    told = {"orders": [order for order, _ in made], "knobs": [names for _, names in made]}
    return json_response(told, 201)


@routes.add("POST", "/_control/charge")
def settle_charge(shop: Shop, body: Any) -> Response:
    """The merchant pays or declines."""
    status = {"pay": charges.ACCEPTED, "decline": charges.DECLINED}[body["act"]]
    answer = charges.settle(shop, int(body["id"]), status)
    row = charges.single(shop, int(body["id"]))
    return json_response({"status": row["status"], "answer": answer.words if answer else None})


@routes.add("POST", "/_control/monthly")
def change_monthly(shop: Shop, body: Any) -> Response:
    """The monthly charge of an application is paid, blocked, or days pass."""
    with shop.store.lock:
        row = charges.act(shop, body["identifier"], body["act"], int(body.get("days", 0)))
        return json_response({name: row[name] for name in ("paid_till", "trial_expired_at", "blocked")})


@routes.add("POST", "/_control/product")
def add_product(shop: Shop, body: Any) -> Response:
    """One more product."""
    with shop.store.lock:
        row = goods.new_product(shop, body)
        goods.announce_product(shop, row, made=True)
        return json_response(goods.product_body(row), 201)


@routes.add("POST", "/_control/shops")
def open_shop(shop: Shop, body: Any) -> Response:
    """One more shop beside this one."""
    return state(shop.open_shop(**body), {})
