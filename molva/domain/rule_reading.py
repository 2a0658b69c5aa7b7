"""Reward rules in their written form (JSON) → `Rule`. The live engine stores rules in the same form."""

import re
from collections.abc import Callable
from typing import Any

from molva.domain.reading import (
    Path,
    Reader,
    Wrong,
    WrongInput,
    code,
    decimal,
    moment,
    money,
    name,
    one_of,
    signed,
    text,
    whole,
)
from molva.domain.terms import Reward, Rule, When

_RULE_KEYS = frozenset({"id", "priority", "when", "reward", "per", "paid_sales", "cap"})
_LISTS: dict[str, Callable[[Any], str]] = {
    "partner": name,
    "group": name,
    "product": name,
    "category": name,
    "sku": text,
    "code": code,
}
_WHOLE = ("sale_from", "sale_to", "days_since_attribution_to", "months_since_attribution_to")
_WHEN_KEYS = frozenset(
    {*_LISTS, *_WHOLE, "client", "order_total_from", "order_total_to", "valid_from", "valid_to"}
)
_REWARD_KEYS = frozenset({"percent", "fixed", "none"})
_LEVEL = re.compile(r"[1-9][0-9]*", re.ASCII)
_CLIENT = one_of("new", "returning")
_PER = one_of("line", "unit", "order")


def parse_rule(written: Any, *, digits: int = 2) -> Rule:
    """A rule as written; WrongInput with all problems when it cannot be read."""
    reader = Reader()
    rule = read_rule(reader, written, (), digits)
    if reader.problems:
        raise WrongInput(reader.problems)
    return rule


def read_rules(reader: Reader, written: list[Any], path: Path, digits: int) -> list[Rule]:
    """A list of rules with unlike ids."""
    rules = [read_rule(reader, one, (*path, index), digits) for index, one in enumerate(written)]
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.id and rule.id in seen:
            reader.wrong((*path, index, "id"), "two rules with this id")
        seen.add(rule.id)
    return rules


def read_rule(reader: Reader, written: Any, path: Path, digits: int) -> Rule:
    """One rule; what is wrong is noted by the reader."""
    fields = reader.object(written, path, _RULE_KEYS)
    return Rule(
        id=reader.need(fields, "id", path, name) or "",
        rewards=_read_rewards(reader, fields, path, digits),
        when=_read_when(reader, fields.get("when"), (*path, "when"), digits),
        priority=reader.take(fields, "priority", path, signed, 0),
        per=reader.take(fields, "per", path, _PER, "line"),
        paid_sales=reader.take(fields, "paid_sales", path, whole, 0),
        cap_minor=reader.maybe(fields, "cap", path, money(digits)),
    )


def _read_when(reader: Reader, written: Any, path: Path, digits: int) -> When:
    if written is None:
        return When()
    fields = reader.object(written, path, _WHEN_KEYS)
    conditions: dict[str, Any] = {}
    for key, parse in _LISTS.items():
        if fields.get(key) is not None:
            conditions[key] = frozenset(reader.texts(fields, key, path, parse))
    for key in _WHOLE:
        conditions[key] = reader.maybe(fields, key, path, whole)
    for key in ("order_total_from", "order_total_to"):
        conditions[key] = reader.maybe(fields, key, path, money(digits))
    for key in ("valid_from", "valid_to"):
        conditions[key] = reader.maybe(fields, key, path, moment)
    return When(client=reader.maybe(fields, "client", path, _CLIENT), **conditions)


def _read_rewards(reader: Reader, fields: dict[str, Any], path: Path, digits: int) -> dict[int, Reward]:
    written = fields.get("reward")
    if written is None:
        reader.missing(fields, "reward", path)
        return {}
    if type(written) is not dict:
        reader.wrong((*path, "reward"), "must be an object")
        return {}
    rewards = {}
    for level, one in written.items():
        place = (*path, "reward", level)
        if not _LEVEL.fullmatch(level):
            reader.wrong(place, "unknown key: levels are 1, 2, …")
        elif one is not None and len(level) == 1:  # there are at most 9 levels; what is above is only checked
            rewards[int(level)] = _read_reward(reader, one, place, digits)
        elif one is not None:
            _read_reward(reader, one, place, digits)
    return rewards


def _read_reward(reader: Reader, written: Any, path: Path, digits: int) -> Reward:
    fields = reader.object(written, path, _REWARD_KEYS)
    given = [key for key in ("percent", "fixed", "none") if fields.get(key) is not None]
    if len(given) != 1:
        if type(written) is dict:
            reader.wrong(path, "needs exactly one of percent, fixed, none")
        return Reward()
    if given == ["percent"]:
        percent = reader.maybe(fields, "percent", path, decimal)
        return Reward(percent=percent, text=str(fields["percent"]))
    if given == ["fixed"]:
        fixed = reader.maybe(fields, "fixed", path, money(digits))
        return Reward(fixed_minor=fixed, text=str(fields["fixed"]))
    reader.maybe(fields, "none", path, _true)
    return Reward()


def _true(value: Any) -> bool:
    if value is not True:
        raise Wrong("must be true")
    return True
