"""kill -9 of the whole group at random moments under load: nothing acknowledged is lost, no effect is doubled."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.flows.load import Load
from tests.flows.places import open_place
from tests.flows.stack import Stack, running_stack, wait_for

KILLS = int(os.environ.get("MOLVA_TEST_KILLS", "20"))
ORDERS = 30


@pytest.mark.skipif(
    bool(os.environ.get("MOLVA_TEST_DATABASE")) and "MOLVA_TEST_KILLS" not in os.environ,
    reason="on PostgreSQL only on request: MOLVA_TEST_KILLS",
)
def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(tmp_path: Path, prepared: Path) -> None:
    with running_stack(tmp_path / "stack", prepared) as stack, open_place(stack, shop=stack.shop) as place:
        stack.shop.ask("faults", {"limit_on": False})
        orders = [place.order(location=f"/?aff={place.mark('boris')}") for _ in range(ORDERS)]
        place.settle()
        secret = stack.inside("connection_facts", connection=place.connection)["hook"]
        link = stack.inside("link_of", partner=place.mark("boris"))
        path = f"/hooks/insales/{secret}/orders-update"
        load = Load(stack, stack.shop, link=link, hook_path=path, orders=orders)
        load.start()
        kill_often(stack, load)
        load.stop()
        drain(stack)
        stack.inside("poll", connection=place.connection)
        drain(stack)
        assert stack.inside("check") == []
        expect_everything(stack, load)
        calm = stack.inside("make_programme", code="calm", shop_url=stack.shop.url, mark=place.code)
        state = stack.shop.ask("state")
        connection = stack.inside(
            "connect",
            programme=calm,
            host=stack.shop.host,
            login=state["api_key"],
            password=state["api_password"],
        )
        stack.inside("poll", connection=connection)
        drain(stack)
        told, expected = (stack.inside("ledger", programme=number) for number in (place.programme, calm))
        assert told["balances"] == expected["balances"]
        assert told["commissions"] == expected["commissions"]
        assert [row[:2] for row in told["verdicts"]] == [row[:2] for row in expected["verdicts"]]


def kill_often(stack: Stack, load: Load) -> None:
    """Kill the group and start it again, at moments that nobody planned; the last start stays."""
    dice = random.Random(9)
    for _ in range(KILLS):
        before = load.acknowledged()
        # now and then it is killed while it is still starting
        if dice.random() < 0.75:
            wait_for(lambda before=before: load.acknowledged() > before, 60, "for the first answer")
        time.sleep(dice.uniform(0.0, 1.2))
        stack.kill()
        stack.start()
    stack.wait_ready()


def drain(stack: Stack) -> None:
    """Every job is done; a job that died with its worker waits for the end of its lease."""
    stack.settle(90)
    assert stack.inside("jobs_left") == []


def expect_everything(stack: Stack, load: Load) -> None:
    touches = stack.inside("all_touches")
    assert len(touches) == len(set(touches))
    assert load.clicks <= set(touches)
    assert stack.inside("counted_clicks") == len(touches)
    bodies = [body for body in stack.inside("all_bodies") if "marker" in body]
    assert len(bodies) == len(set(bodies))
    stored = " ".join(bodies)
    assert [marker for marker in load.hooks if marker not in stored] == []
    assert len(load.clicks) > 10 * KILLS
    assert len(load.hooks) > KILLS
