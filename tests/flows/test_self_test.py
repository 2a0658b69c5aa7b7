"""The self-test over running processes: every step proved, nothing left in the programme's own figures."""

from typing import Any

import pytest

from tests.flows.places import Place, open_place
from tests.flows.stack import Stack, wait_for

STEPS = ["landing", "partner", "link", "click", "order", "hook", "accrual", "books", "taken_back", "removed"]


def run_of(place: Place, **how: Any) -> dict[str, Any]:
    inside = place.stack.inside
    run = inside("start_self_test", programme=place.programme, **how)
    found = wait_for(
        lambda: (told := inside("self_test", run=run))["state"] != "running" and told, 90, "for the self-test"
    )
    return dict(found)


@pytest.mark.parametrize("with_order", [False, True])
def test_the_whole_way_is_walked_and_leaves_no_trace(stack: Stack, with_order: bool) -> None:
    with open_place(stack, shop=stack.shop) as place:
        before = place.stack.inside("seen_of_programme", programme=place.programme)
        found = run_of(place, with_order=with_order)
        place.settle()

        assert [(step["key"], step["state"]) for step in found["steps"]] == [(key, "passed") for key in STEPS]
        facts = {step["key"]: step["facts"] for step in found["steps"]}
        assert [level for level, _minor in facts["accrual"]["levels"]] == [1, 2]
        if not with_order:
            assert facts["accrual"]["levels"] == [[1, 10_000], [2, 3_000]]
        assert found["notes"]["is_real"] is with_order
        assert place.stack.inside("seen_of_programme", programme=place.programme) == before
        assert place.stack.inside("check") == []
        assert [order for order in place.shop.orders() if "Self-test" in str(order["client"])] == []


def test_a_status_that_the_shop_has_no_more_is_found(stack: Stack) -> None:
    with open_place(stack, terms={"accrual": {"statuses": ["sdan-v-arhiv"]}}, shop=stack.shop) as place:
        found = run_of(place)

    assert found["state"] == "failed"
    assert found["steps"][-1]["key"] == "order"
    assert found["steps"][-1]["reason"] == "none of the statuses that earn exists in the shop"
