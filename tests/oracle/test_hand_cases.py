"""Cases whose output was derived by hand from the contract, on the oracle and on the engine."""

import pytest

from tests.oracle.build import HandCase, view
from tests.oracle.engine import run_engine
from tests.oracle.hand_attribution import CASES as ATTRIBUTION
from tests.oracle.hand_books import CASES as BOOKS
from tests.oracle.hand_money import CASES as MONEY
from tests.oracle.model import simulate

CASES = [*ATTRIBUTION, *MONEY, *BOOKS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_oracle_agrees_with_the_hand(case: HandCase) -> None:
    """Only the parts that the case speaks of are compared."""
    seen = view(simulate(case.programme, case.events, case.until))
    assert {name: seen[name] for name in case.expected} == case.expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_engine_agrees_with_the_hand(case: HandCase) -> None:
    """The same for the engine."""
    seen = view(run_engine(case.programme, case.events, case.until))
    assert {name: seen[name] for name in case.expected} == case.expected
