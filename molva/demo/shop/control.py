"""`/_control/…`: what tests and the demo do to the shop from outside. JSON in, JSON out; it exists in no real shop.

GET  /_control/state    key, account id, counts, faults
POST /_control/faults   {name: value, …} of `Faults`; {"reset": true} first puts all right
POST /_control/orders   the arguments of `RunningShop.add_order`, or a list of them: the made orders
POST /_control/order    {"id", "status" | "paid" | "decline" | "delete" | "return": line id}: a human's act;
                        "at" sets its moment, "tell": false keeps the webhooks silent
POST /_control/idle     waits until all webhooks are delivered: {"idle": true}
"""

from dataclasses import asdict
from typing import Any

from molva.demo.shop import acts
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
    told = {
        "url": shop.url,
        "account_id": shop.store.settings["account_id"],
        "api_key": login,
        "api_password": password,
        "orders": len(shop.store.orders),
        "deliveries": len(shop.hooks.deliveries),
        "faults": asdict(shop.faults),
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
