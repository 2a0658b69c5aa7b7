"""What belongs to one application in a shop: webhooks, scripts of the storefront, widgets of the back office."""

from molva.demo.shop.admin.crud import Resource, crud, is_taken, number_of, picked, refuse_empty, refuse_other
from molva.demo.shop.outgoing import is_address
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.web import Routes

routes = Routes()
TOPICS = (
    "orders/create",
    "orders/update",
    "orders/destroy",
    "products/create",
    "products/update",
    "client/create",
    "client/update",
)
TAG_TYPES = ("JsTag::FileTag", "JsTag::TextTag")
BATCH = 10
WEBHOOK: Row = {
    "address": None,
    "topic": None,
    "format_type": "xml",
    "warehouse_id": None,
    "sales_channel_id": None,
    "batch_size": None,
}


def build_webhook(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A webhook; the pair of address and topic is unique within one key. Without a word it is XML."""
    values = picked(wanted, row, WEBHOOK)
    if not is_address(values["address"]):
        raise Refused({"address": ["имеет неверное значение"]})
    refuse_other(values, "topic", TOPICS)
    refuse_other(values, "format_type", ("json", "xml"))
    if is_taken(shop, "webhook", row, _owner=login, address=values["address"], topic=values["topic"]):
        raise Refused({"address": ["уже существует"]})
    if values["topic"].startswith("products/"):
        values["batch_size"] = number_of(values["batch_size"]) or BATCH
    return {**values, "_owner": login}


def build_tag(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A script for all pages of the storefront: an address or the text itself."""
    values = picked(wanted, row, dict.fromkeys(("type", "content", "name")))
    refuse_other(values, "type", TAG_TYPES)
    refuse_empty(values, "content")
    return {**values, "_owner": login}


def build_widget(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A piece of HTML for the back office's page of an order or of a product."""
    values = picked(wanted, row, {"code": None, "height": None, "page_type": "order"})
    refuse_empty(values, "code", "height")
    refuse_other(values, "page_type", ("order", "product"))
    values["height"] = number_of(values["height"])
    if values["height"] <= 0:
        raise Refused({"height": ["должно быть больше 0"]})
    return {**values, "_owner": login}


webhooks = Resource("webhook", "webhook", build_webhook, per_key=True)
tags = Resource("tag", "js_tag", build_tag, per_key=True)
widgets = Resource("widget", "application_widget", build_widget, per_key=True)
crud(routes, "/admin/webhooks", webhooks)
crud(routes, "/admin/js_tags", tags)
crud(routes, "/admin/application_widgets", widgets)
