"""Filters as addresses write them: partners and links by code, «not given» as a hyphen."""

from collections.abc import Mapping

from molva.kit.codes import fold
from molva.programmes.models import Partner, Programme
from molva.reports.figures.questions import FILTERS, TEAM, FigureQuestion, FigureRow
from molva.reports.orders import ANYBODY, NOBODY
from molva.tracking.models import Link

NOT_GIVEN = "-"
UNKNOWN = "-1"  # an id that no partner and no link has
_LONGEST = 200


def read_where(
    programme: Programme, params: Mapping[str, str], *, partner: Partner | None = None
) -> dict[str, str]:
    """The filters of an address; what is unknown finds nothing. `partner`: whose cabinet it is, if it is one."""
    where = {"partner": str(partner.pk)} if partner else {}
    for name in FILTERS:
        word = params.get(name, "").strip()
        if not word or (name == "partner" and (partner or word in (ANYBODY, NOBODY))):
            continue
        if name == "partner":
            where[name] = _partner(programme, word)
        elif name == "link":
            where[name] = _link(programme, word, partner)
        else:
            where[name] = _word(name, word)
    return where


def _word(name: str, word: str) -> str:
    if word == NOT_GIVEN:
        return ""
    if name == "product":
        return "\x1f".join(word.split("|", 1)) if "|" in word else f"{word}\x1f"
    if name == "code":
        return fold(word)[:_LONGEST]
    return word[:_LONGEST]


def _partner(programme: Programme, code: str) -> str:
    found = Partner.objects.filter(programme=programme, code_folded=fold(code)).values_list("pk", flat=True)
    return str(found.first() or UNKNOWN)


def _link(programme: Programme, code: str, partner: Partner | None) -> str:
    if code == NOT_GIVEN:
        return ""
    if code == "0":
        return "0"
    rows = Link.objects.filter(programme=programme, code_folded=fold(code))
    rows = rows.filter(partner=partner) if partner else rows
    return str(rows.values_list("pk", flat=True).first() or UNKNOWN)


def param_of(question: FigureQuestion, row: FigureRow) -> dict[str, str] | None:
    """The filter that keeps one row, as an address writes it; None: no filter can."""
    name, key = question.by, str(row.key)
    if name == "content":
        return {"link": row.code} if row.code else None
    if name not in FILTERS or key == TEAM:
        return None
    if not key:
        return {name: NOT_GIVEN}
    if name in ("partner", "link") and key != "0":
        return {name: row.code} if row.code else None
    return {name: key.replace("\x1f", "|")}
