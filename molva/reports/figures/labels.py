"""Names for the rows of a page: one question for any number of them."""

from collections.abc import Sequence
from dataclasses import replace

from molva.commissions.models import GoodsTitle
from molva.programmes.models import Partner, Programme
from molva.reports.figures.questions import REST, TEAM, FigureRow
from molva.tracking.models import Link, PromoCode


def with_labels(programme: Programme, by: str, rows: Sequence[FigureRow]) -> list[FigureRow]:
    """The same rows with what they are called; words of visitors' own (tags, hosts) are their own names."""
    names = _NAMES.get(by)
    if names is None:
        return [replace(row, label=str(row.key)) for row in rows]
    keys = [str(row.key) for row in rows if row.key not in ("", TEAM, REST)]
    found = names(programme, keys) if keys else {}
    return [_named(row, found.get(str(row.key))) for row in rows]


def _named(row: FigureRow, name: tuple[str, str, str] | None) -> FigureRow:
    label, note, code = name or (str(row.key), "", "")
    return replace(row, label=label, note=note, code=code)


Names = dict[str, tuple[str, str, str]]  # by key: label, note, code for addresses


def _partners(programme: Programme, keys: list[str]) -> Names:
    rows = Partner.objects.filter(programme=programme, pk__in=map(int, keys))
    return {str(pk): (name or code, code, code) for pk, name, code in rows.values_list("pk", "name", "code")}


def _links(programme: Programme, keys: list[str]) -> Names:
    rows = Link.objects.filter(programme=programme, pk__in=map(int, keys)).select_related("partner")
    return {str(row.pk): (row.name or f"/r/{row.code}", str(row.partner), row.code) for row in rows}


def _codes(programme: Programme, keys: list[str]) -> Names:
    rows = PromoCode.objects.filter(programme=programme, code_folded__in=keys).select_related("partner")
    return {row.code_folded: (row.code, str(row.partner), row.code) for row in rows}


def _products(programme: Programme, keys: list[str]) -> Names:
    rows = GoodsTitle.objects.filter(programme=programme, word__in=keys)
    titles = dict(rows.values_list("word", "title"))
    names = {}
    for key in keys:
        product, _cut, sku = key.partition("\x1f")
        names[key] = (titles.get(key) or sku or product or "—", sku, "")
    return names


_NAMES = {"partner": _partners, "link": _links, "code": _codes, "product": _products}
