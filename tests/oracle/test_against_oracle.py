"""Random histories through the engine and through the oracle: every verdict, line and balance.

`MOLVA_TEST_ORACLE_SEEDS=5000` compares more of them, `MOLVA_TEST_ORACLE_FROM=10000` others. A failure prints
the smallest case found; the contract's text decides who is right.
"""

import json
import os

import pytest

from tests.oracle.compare import comparable, names_losers
from tests.oracle.engine import run_engine
from tests.oracle.histories import history
from tests.oracle.model import simulate
from tests.oracle.validity import Case, shrink

SEEDS = int(os.environ.get("MOLVA_TEST_ORACLE_SEEDS", "300"))
FIRST = int(os.environ.get("MOLVA_TEST_ORACLE_FROM", "0"))
CHUNK = 50


def differs(case: Case) -> bool:
    """Whether engine and oracle disagree; an engine that fails disagrees too."""
    oracle = simulate(*case)
    try:
        engine = run_engine(*case)
    except Exception:  # whatever it is, it is a difference to be shrunk
        return True
    return comparable(engine) != comparable(oracle) or not names_losers(engine, oracle)


@pytest.mark.parametrize("start", range(FIRST, FIRST + SEEDS, CHUNK))
def test_engine_and_oracle_agree(start: int) -> None:
    """A chunk of seeds; the first that differs is made small and shown."""
    for seed in range(start, min(start + CHUNK, FIRST + SEEDS)):
        case = history(seed)
        if differs(case):
            programme, events, until = shrink(case, differs)
            shown = "\n".join(
                [f"seed {seed}, until {until}", json.dumps(programme), *map(json.dumps, events)]
            )
            engine, oracle = run_engine(programme, events, until), simulate(programme, events, until)
            assert comparable(engine) == comparable(oracle), shown
            assert names_losers(engine, oracle), shown
