"""What the raw clicks tell of orders a little later: device and country of the click that brought each."""

from collections import Counter, defaultdict

from django.db import transaction

from molva.commissions.counting import SUMS, CellKey, save_sums
from molva.commissions.models import Cut, OrderFigure
from molva.kit.rows import update_each
from molva.ledger.services import lock_books
from molva.programmes.models import Programme
from molva.tracking.columns.questions import ClickColumns

CHUNK = 2000  # rows in one go


def tell_devices(columns: ClickColumns) -> int:
    """Ask for what is not known yet of the open workspace's orders; returns how many rows were told.

    A click that the store does not know (any more) is told as «not given», and is not asked for again.
    """
    untold = OrderFigure.objects.filter(click_id__isnull=False, device__isnull=True).order_by("pk")
    known = {pk: click or 0 for pk, click in untold.values_list("pk", "click_id")[:CHUNK]}
    if not known:
        return 0
    clicks = set(known.values())
    devices = columns.describe(clicks, "device")
    countries = columns.describe(clicks, "country")
    with transaction.atomic():
        lock_books()  # a settlement may be changing the same rows
        rows = list(OrderFigure.objects.filter(pk__in=known, click_id__in=clicks, device__isnull=True))
        cells: dict[int, dict[CellKey, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for row in rows:
            row.device, row.country = (
                devices.get(row.click_id or 0, ""),
                countries.get(row.click_id or 0, "")[:2],
            )
            sums = {name: getattr(row, name) for name in SUMS}
            for cut, word in ((Cut.DEVICE, row.device), (Cut.COUNTRY, row.country)):
                if word:
                    cells[row.programme_id][cut, 0, word, row.day].update(sums)
        update_each(rows, ["device", "country"])
        for programme in Programme.objects.filter(pk__in=cells):
            save_sums(programme, cells[programme.pk])
    return len(rows)
