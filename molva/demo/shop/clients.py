"""Buyers of the fake shop: known by e-mail or phone, told of by webhooks."""

from molva.demo.shop.seed import SHAPES
from molva.demo.shop.shop import Shop
from molva.demo.shop.store import Row


def client_body(row: Row) -> Row:
    """A client as the API and the webhooks tell it."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def announce_client(shop: Shop, row: Row, *, made: bool) -> None:
    """Tell the webhooks of a new or a changed client."""
    shop.announce("client/create" if made else "client/update", row["id"], client_body(row))


def save_client(shop: Shop, wanted: Row, moment: str, *, tell: bool = True) -> Row:
    """The client with this e-mail or phone, brought up to date, or a new one."""
    store = shop.store
    known = store.find_client(wanted.get("email"), wanted.get("phone"))
    made = known is None
    if known is None:
        known = store.add_row("client", {**SHAPES["client"], "created_at": moment, "updated_at": moment})
    was = dict(known)
    texts = {
        name: value
        for name, value in wanted.items()
        if name in known and name != "id" and (value or (made and value == ""))
    }
    known.update({**texts, "contact_name": texts.get("name") or known["contact_name"]})
    store.index_client(known)
    if made or known != was:
        known["updated_at"] = max(moment, known["updated_at"])
        if tell:
            announce_client(shop, known, made=made)
    return known
