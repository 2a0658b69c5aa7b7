"""Checks of what commissions say about themselves: I13, I14, I16, I17, and the sums of parts of I15."""

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet

from molva.audit.breaches import Breach, Check, Extent
from molva.audit.sql import rows
from molva.commissions.models import Commission
from molva.domain.explanation import Explanation, from_json, recompute
from molva.kit.money import parse_minor
from molva.programmes.models import Partner, TermsVersion


def check_explanations(extent: Extent) -> Iterator[Breach]:
    """I13 to I17: each explanation gives its amount again, at the rates and within the bounds of its terms."""
    bounds = _Bounds()
    for row in _explained(extent).iterator(500):
        where = f"commission {row.pk} (order {row.order.number}, level {row.level})"
        amount = row.owed_minor or row.expected_minor
        try:
            why = from_json(row.explanation)
            again = recompute(why)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            yield Breach("I13", where, f"its explanation cannot be computed: {error!r}")
            continue
        named = (why.partner, why.level, why.amount_minor, again)
        if named != (row.partner.code, row.level, amount, amount):
            yield Breach("I13", where, f"is {amount}, but is explained as {named[2]} and computed as {again}")
        parts = sum(line.amount_minor for line in why.lines)
        if parts != amount:
            yield Breach("I15", where, f"is {amount}, its lines make {parts}")
        for what in bounds.strange_rates(row, why):
            yield Breach("I14", where, what)
        for what in bounds.problems(row, why):
            yield Breach("I16", where, what)
        for what in _beyond_limit(why, row.owed_minor):
            yield Breach("I17", where, what)


def _explained(extent: Extent) -> "QuerySet[Commission]":
    found = Commission.objects.exclude(owed_minor=0, expected_minor=0)
    if extent.partners is not None:
        drawn = Commission.objects.filter(partner__in=extent.partners, payout_lines__payout__status="draft")
        found = found.filter(pk__in=drawn.values("pk"))
    return found.select_related("order", "partner").order_by("pk")


class _Bounds:
    """What the stored terms allow, read once for each version."""

    def __init__(self) -> None:
        self._terms: dict[int, tuple[int, dict[str, Any]]] = {}

    def problems(self, row: Commission, why: Explanation) -> Iterator[str]:
        """Everything in which the commission exceeds its terms."""
        levels, rules = self._of(row.terms_id)
        if row.level > levels:
            yield f"is on level {row.level} of {levels}"
        sums: dict[str, int] = defaultdict(int)
        for line in why.lines:
            if line.rule is None:
                continue
            sums[line.rule] += line.amount_minor
            if not 0 <= line.amount_minor <= line.uncut_minor:
                yield f"line {line.line} pays {line.amount_minor} of {line.uncut_minor}"
            if _is_share(line.percent) and line.amount_minor > line.base_minor:
                yield f"line {line.line} pays {line.amount_minor}, more than its base {line.base_minor}"
        for rule, amount in sums.items():
            cap = rules.get(rule, {}).get("cap")
            if cap is not None and amount > parse_minor(cap, why.digits):
                yield f"rule {rule} pays {amount}, its cap is {cap}"

    def strange_rates(self, row: Commission, why: Explanation) -> Iterator[str]:
        """Rates in the explanation that the frozen terms do not have."""
        _, rules = self._of(row.terms_id)
        for line in why.lines:
            if line.rule is None:
                continue
            reward = rules.get(line.rule, {}).get("reward", {}).get(str(row.level), {})
            fixed = reward.get("fixed")
            stored = (reward.get("percent"), None if fixed is None else parse_minor(fixed, why.digits))
            if (line.percent, line.fixed_minor) != stored:
                yield f"line {line.line} is paid at {(line.percent, line.fixed_minor)}, the terms say {stored}"

    def _of(self, terms_id: int) -> tuple[int, dict[str, Any]]:
        if terms_id not in self._terms:
            terms = TermsVersion.objects.get(pk=terms_id)
            self._terms[terms_id] = (
                terms.settings.get("levels", 0),
                {rule["id"]: rule for rule in terms.rules},
            )
        return self._terms[terms_id]


def _is_share(percent: str | None) -> bool:
    """Whether the rate is a part of the base; a rule may lawfully pay more than all of it."""
    return percent is not None and Fraction(percent) <= 100


def _beyond_limit(why: Explanation, owed_minor: int) -> Iterator[str]:
    for line in why.lines:
        if owed_minor and line.amount_minor and 0 < line.paid_sales < (why.paid_place or 0):
            yield f"sale {why.paid_place} is paid by rule {line.rule}, which pays {line.paid_sales}"


def check_places(extent: Extent) -> Iterator[Breach]:
    """I17: no two sales of a customer to a partner have one place in the count."""
    taken: dict[tuple[int, int, int], int] = {}
    found = Commission.objects.filter(level=1, owed_minor__gt=0).order_by("pk")
    values = found.values_list("pk", "order__customer_id", "partner_id", "explanation__paid_place")
    for pk, customer, partner, place in values.iterator(1000):
        if place is None:
            continue
        other = taken.setdefault((customer, partner, place), pk)
        if other != pk:
            what = f"has the same place {place} in the count of sales as commission {other}"
            yield Breach("I17", f"commission {pk}", what)


def check_versions(extent: Extent) -> Iterator[Breach]:
    """I14: a commission goes by the version in force when its order was created; a withdrawn plan never was."""
    statement = """
        SELECT c.id, v.number FROM commissions_commission c
        JOIN orders_order o ON o.id = c.order_id
        JOIN programmes_termsversion v ON v.id = c.terms_id
        WHERE c.workspace_id = %s AND (v.id IN (SELECT version_id FROM programmes_termsrecall) OR EXISTS (
            SELECT 1 FROM programmes_termsversion w WHERE w.programme_id = c.programme_id AND w.id <> v.id
            AND w.id NOT IN (SELECT version_id FROM programmes_termsrecall) AND (
                (v.valid_from <= o.created_at AND w.valid_from <= o.created_at
                    AND (w.valid_from > v.valid_from OR (w.valid_from = v.valid_from AND w.number > v.number)))
                OR (v.valid_from > o.created_at
                    AND (w.valid_from <= o.created_at OR w.valid_from < v.valid_from
                        OR (w.valid_from = v.valid_from AND w.number < v.number)))
            )
        ))
    """
    for commission, number in rows(statement, extent.workspace_id):
        yield Breach(
            "I14", f"commission {commission}", f"goes by version {number}, which was not in force then"
        )


def check_inviters(extent: Extent) -> Iterator[Breach]:
    """I16: nobody invited himself, neither directly nor through others; nobody is paid twice for one order."""
    inviters = dict(Partner.objects.values_list("pk", "invited_by_id"))
    fine: set[int] = set()
    for partner in sorted(inviters):
        walk: list[int] = []
        here: int | None = partner
        while here is not None and here not in fine and here not in walk:
            walk.append(here)
            here = inviters.get(here)
        if here is not None and here in walk:
            yield Breach("I16", f"partner {here}", "is among his own inviters")
        fine.update(walk)
    statement = """
        SELECT order_id, partner_id FROM commissions_commission WHERE workspace_id = %s AND owed_minor > 0
        GROUP BY order_id, partner_id HAVING COUNT(*) > 1
    """
    for order, partner in rows(statement, extent.workspace_id):
        yield Breach("I16", f"order {order}", f"pays partner {partner} on more than one level")


EXPLANATION_CHECKS: tuple[Check, ...] = (check_explanations,)
COUNT_CHECKS: tuple[Check, ...] = (check_places, check_versions, check_inviters)
