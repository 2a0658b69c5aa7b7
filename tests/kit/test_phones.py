"""Phones of the numbering plan, and the fast way against the library."""

import json
import random
from pathlib import Path

import pytest

from molva.kit import phones

CASES = json.loads((Path(__file__).parent / "phones.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_normalise(case: dict[str, dict[str, str]]) -> None:
    """Every spelling becomes its E.164 form, or no number."""
    assert phones.normalise(case["input"]["raw"]) == case["expected"]["e164"]


def test_fast_way_agrees_with_the_library() -> None:
    """A number read without the library is the number the library reads."""
    chance = random.Random(1)
    for _ in range(2_000):
        digits = "9" + chance.choice(("", "3", "30", "4"))
        digits += "".join(chance.choice("0123456789") for _ in range(10 - len(digits)))
        dash = chance.choice(("", " ", "-"))
        text = chance.choice(("+7", "8", "7", "")) + dash + digits[:3] + dash + digits[3:]
        assert phones.normalise(text) == phones._ask_library.__wrapped__(text, "RU")
