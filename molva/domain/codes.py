"""Promo codes in a shop: what we wish one to be, what the shop shows, how they differ, how codes are spelled. Pure."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from molva.kit.codes import fold, latin

MARK = "molva:partner:"  # how the description of a code in a shop begins when we made it
NONE, PERCENT, SUM = "none", "percent", "sum"  # kinds of discount; none: the shop is not asked for one
UNLIMITED, PER_CLIENT, TOTAL = "", "client", "total"  # how often a code may be used
LONGEST = 60
_WORD = re.compile(r"\{(\w+)\}")
_UNFIT = re.compile(r"[^\w-]+")
PATTERN_WORDS = ("name", "code", "n")


@dataclass(frozen=True, slots=True)
class CodeWish:
    """A code as a shop should have it. `discount` is basis points of a percentage or minor units of a sum."""

    code: str
    partner: str
    kind: str
    discount: int
    limit: str = UNLIMITED
    expires: date | None = None
    min_order_minor: int = 0

    @property
    def mark(self) -> str:
        """The description by which we know our own code again."""
        return f"{MARK}{self.partner}"


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """A code as the shop shows it; `is_used`: somebody has ordered with it."""

    external_id: str
    code: str
    description: str
    kind: str
    discount: int
    limit: str
    expires: date | None
    min_order_minor: int
    is_disabled: bool
    is_used: bool

    @property
    def is_ours(self) -> bool:
        """Whether Molva made it."""
        return self.description.startswith(MARK)


_COMPARED = ("kind", "discount", "limit", "expires", "min_order_minor")


def drift(wish: CodeWish, seen: CodeSeen) -> dict[str, list[Any]]:
    """What the shop has otherwise than wished: field → [wished, seen], as JSON; empty when nothing.

    A code that the shop writes with other letters' case is the same code.
    """
    found = {
        name: [_plain(getattr(wish, name)), _plain(getattr(seen, name))]
        for name in _COMPARED
        if getattr(wish, name) != getattr(seen, name)
    }
    if fold(wish.code) != fold(seen.code):
        found["code"] = [wish.code, seen.code]
    if seen.is_disabled:
        found["is_disabled"] = [False, True]
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def pattern_fault(pattern: str) -> str:
    """What is wrong with a pattern of codes: empty, long, word (unknown, in braces), signs; empty when nothing."""
    if not pattern.strip():
        return "empty"
    if len(pattern) > LONGEST // 2:
        return "long"
    if any(word not in PATTERN_WORDS for word in _WORD.findall(pattern)):
        return "word"
    return "signs" if re.search(r"[^\w-]", _WORD.sub("", pattern)) else ""


def spell(pattern: str, *, name: str, code: str, number: int = 1) -> str:
    """A code by a pattern like «{name}10»: the partner's first name in Latin capitals, his code, a number."""
    first = _UNFIT.sub("", latin(name.split()[0] if name.split() else ""))
    words = {"name": first or code, "code": code, "n": str(number)}
    text = _WORD.sub(lambda found: words.get(found.group(1), ""), pattern)
    return _UNFIT.sub("", text).upper()[:LONGEST]


def spellings(text: str) -> Iterator[str]:
    """The text itself, then TEXT-2, TEXT-3 and so on."""
    yield text
    for number in range(2, 10_000):
        yield f"{text[: LONGEST - 5]}-{number}"


def free_spelling(text: str, taken: Collection[str]) -> str:
    """The first spelling that is not among folded taken ones."""
    return next(one for one in spellings(text) if fold(one) not in taken)
