"""Words of the fake shop's pages: English source, Russian beside it.

The shop stands outside Molva, so it does not use Molva's catalogue. A word without a Russian one raises.
"""

import json
from collections.abc import Callable

from molva.demo.shop.seed import DATA

RUSSIAN: dict[str, str] = json.loads((DATA / "russian.json").read_text(encoding="utf-8"))
Words = Callable[[str], str]


def words(language: str) -> Words:
    """A function from an English text to the text of a language (ru or en)."""
    return RUSSIAN.__getitem__ if language == "ru" else str


def money(amount: int, language: str) -> str:
    """Kopecks for people: kopecks are left out when there are none."""
    roubles, rest = divmod(abs(amount), 100)
    sign = "−" if amount < 0 else ""
    if language == "ru":
        tail = f",{rest:02}" if rest else ""
        return f"{sign}{roubles:,}".replace(",", "\u00a0") + f"{tail}\u00a0₽"
    return f"{sign}₽{roubles:,}" + (f".{rest:02}" if rest else "")


def quantity_text(quantity: float) -> str:
    """A quantity without an empty fraction."""
    return f"{quantity:g}"
