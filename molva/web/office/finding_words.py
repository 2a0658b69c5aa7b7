"""A difference between the shop and us in plain words: what it is, what both sides say, what can be done."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.integrations.models import Finding, FindingKind, FindingState
from molva.orders.models import DELETED_STATUS
from molva.web.ui import formats

KINDS: dict[str, Any] = {
    FindingKind.MISSING.value: gettext_lazy("The order is not with us"),
    FindingKind.GONE.value: gettext_lazy("The order is gone from the shop"),
    FindingKind.STATUS.value: gettext_lazy("Another status"),
    FindingKind.SUM.value: gettext_lazy("Another sum"),
    FindingKind.VERDICT.value: gettext_lazy("Nobody has decided whose it is"),
    FindingKind.MARKS.value: gettext_lazy("A partner's mark that came later"),
    FindingKind.CODE.value: gettext_lazy("A promo code of nobody"),
}
STATES: dict[str, Any] = {
    FindingState.OPEN.value: gettext_lazy("Unsolved"),
    FindingState.FIXED.value: gettext_lazy("Put right"),
    FindingState.EXPLAINED.value: gettext_lazy("Explained"),
}
BADGES = {
    FindingState.OPEN.value: "attention",
    FindingState.FIXED.value: "good",
    FindingState.EXPLAINED.value: "cancelled",
}
MEANINGS: dict[str, Any] = {
    FindingKind.MISSING.value: gettext_lazy(
        "The shop has this order, and we do not: its hook was lost, or it could not be read. “Fix” reads it again and "
        "settles it by the rules."
    ),
    FindingKind.GONE.value: gettext_lazy(
        "We have this order, and the shop knows it no more. “Fix” counts it as deleted: what was accrued for it is "
        "taken back."
    ),
    FindingKind.STATUS.value: gettext_lazy(
        "The order stands in another status in the shop. “Fix” takes the shop's one; commissions follow it."
    ),
    FindingKind.SUM.value: gettext_lazy(
        "The order was changed in the shop: its sum or its lines. “Fix” takes the shop's ones; commissions follow to "
        "the kopeck."
    ),
    FindingKind.VERDICT.value: gettext_lazy(
        "The order came, and was not settled: it has no verdict. “Fix” settles it by the rules."
    ),
    FindingKind.MARKS.value: gettext_lazy(
        "The order names a partner now, and did not when it was made. By the rules only what was there at its making "
        "counts, so nothing is paid. If the partner did bring it, adjust his balance by hand; in any case explain it "
        "here."
    ),
    FindingKind.CODE.value: gettext_lazy(
        "Buyers use this promo code, and no partner has it. Give it to a partner, or explain that it is the shop's own."
    ),
}


def sides(finding: Finding) -> list[tuple[str, str, str]]:
    """What is compared: (what, in the shop, with us)."""
    reader = _SIDES.get(finding.kind)
    return reader(finding.facts, finding.connection.programme.currency) if reader else []


def short(finding: Finding) -> str:
    """The difference in one line."""
    rows = sides(finding)
    if not rows:
        return ""
    what, theirs, ours = rows[0]
    if not ours:
        return f"{what}: {theirs}" if theirs else ""
    return _("%(what)s: %(theirs)s in the shop, %(ours)s with us") % {
        "what": what,
        "theirs": theirs,
        "ours": ours,
    }


def _missing(facts: dict[str, Any], currency: str) -> list[tuple[str, str, str]]:
    total = formats.money(facts.get("total_minor", 0), currency)
    if facts.get("currency", currency) != currency:
        total = f"{total} ({facts['currency']})"
    return [(_("Sum"), total, _("no")), (_("Status"), _status(facts, ""), _("no"))]


def _gone(facts: dict[str, Any], currency: str) -> list[tuple[str, str, str]]:
    return [
        (_("Sum"), _("no"), formats.money(facts.get("total_minor", 0), currency)),
        (_("Status"), _("no"), _status(facts, "ours")),
    ]


def _statuses(facts: dict[str, Any], _currency: str) -> list[tuple[str, str, str]]:
    return [(_("Status"), _status(facts, "theirs"), _status(facts, "ours"))]


def _sums(facts: dict[str, Any], currency: str) -> list[tuple[str, str, str]]:
    theirs, ours = facts.get("theirs", {}), facts.get("ours", {})
    rows = [
        (
            _("Sum"),
            formats.money(theirs["total_minor"], currency),
            formats.money(ours["total_minor"], currency),
        )
    ]
    for line in sorted({*theirs["lines"], *ours["lines"]}):
        there, here = theirs["lines"].get(line), ours["lines"].get(line)
        if there != here:
            name = _("Line %(id)s") % {"id": line}
            rows.append((name, _line(there, currency), _line(here, currency)))
    return rows


def _marks(facts: dict[str, Any], _currency: str) -> list[tuple[str, str, str]]:
    return [(_("Mark"), ", ".join(map(str, facts.get("marks", []))), _("no"))]


def _code(facts: dict[str, Any], _currency: str) -> list[tuple[str, str, str]]:
    return [(_("Promo code"), str(facts.get("code", "")), _("unknown"))]


_SIDES: dict[str, Callable[[dict[str, Any], str], list[tuple[str, str, str]]]] = {
    FindingKind.MISSING.value: _missing,
    FindingKind.GONE.value: _gone,
    FindingKind.STATUS.value: _statuses,
    FindingKind.SUM.value: _sums,
    FindingKind.MARKS.value: _marks,
    FindingKind.CODE.value: _code,
}


def _line(values: list[Any] | None, currency: str) -> str:
    if values is None:
        return _("no")
    quantity, total = values
    return f"{quantity} · {formats.money(total, currency)}"


def _status(facts: dict[str, Any], side: str) -> str:
    key = side or "status"
    if facts.get(key) == DELETED_STATUS:
        return _("deleted")
    return str(facts.get(f"{key}_title") or facts.get(key) or "")
