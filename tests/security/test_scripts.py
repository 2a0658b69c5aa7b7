"""No word that people, shops or files bring becomes markup on any page, whoever looks."""

from collections.abc import Callable

from django.urls import reverse

from molva.integrations.models import InboundEvent
from molva.orders.models import Order, OrderLine
from molva.programmes.models import Partner, Programme
from molva.tracking.models import Customer, Link
from molva.workspaces.models import Event
from molva.workspaces.scoping import scope
from tests.security.conftest import Twin
from tests.security.doors import ACTS, CABINET, doors
from tests.security.test_isolation import _text, _url

EVIL = "'\"><img src=x onerror=alert(1)></script><script>alert(2)</script>{{7*7}}"
RAW = ("<img src=x", "<script>alert", "onerror=alert(1)>")


def _poison(twin: Twin) -> None:
    with scope(twin.workspace):
        Programme.objects.update(
            name=EVIL, landing_title=EVIL, landing_text=EVIL, landing_button=EVIL[:60], thanks_title=EVIL,
            thanks_text=EVIL, support_email=EVIL, documents={"agreement": f"https://x.example/{EVIL}"},
        )  # fmt: skip
        Partner.objects.update(name=EVIL, city=EVIL, note=EVIL, groups=[EVIL])
        Customer.objects.update(name=EVIL, email=EVIL, phone=EVIL[:40], note=EVIL)
        Order.objects.update(number=EVIL[:60], status_title=EVIL)
        OrderLine.objects.update(title=EVIL, sku=EVIL)
        Link.objects.update(name=EVIL)
        InboundEvent.objects.update(reason=EVIL, object_id=EVIL, body=EVIL.encode())
        event = Event.objects.latest("pk")
        Event(kind="order.changed", object_label=EVIL, actor_label=EVIL, object_id=event.object_id,
              object_kind="order", data={"changes": {"status": [EVIL, EVIL]}}).save()  # fmt: skip
    twin.workspace.name = EVIL
    twin.workspace.save()


def test_words_stay_words(twins: tuple[Twin, Twin], as_user: Callable):
    ours, _theirs = twins
    _poison(ours)
    owner, partner = as_user(ours.people["owner"]), as_user(ours.seller.user)
    wrong = []
    for door in doors():
        if door.short in ACTS or not (isinstance(door.who, tuple) or door.who == CABINET):
            continue
        if door.short == "orders_import_progress":  # its body is no row of a file any more
            continue
        client = partner if door.who == CABINET else owner
        text = _text(client.get(_url(door, ours)))
        wrong += [(door.name, raw) for raw in RAW if raw in text]
    for url in ("/p/ours/", "/p/ours/thanks/", "/s/ours.js", f"/p/ours/?ref={EVIL}", "/login/?next=" + EVIL):
        text = _text(owner.get(url))
        wrong += [(url, raw) for raw in RAW if raw in text]
    search = reverse("office:search", args=["ours"])
    wrong += [("search", raw) for raw in RAW if raw in _text(owner.get(search, {"q": EVIL}))]
    assert wrong == []
