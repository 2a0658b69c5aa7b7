"""The fake shop as a process: commands from outside, memory between runs, both languages, its words."""

import ast
import json
import re
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import httpx2

import molva.demo.shop as package
from molva.demo.shop import RunningShop, control, start_shop
from molva.demo.shop.acts import ACTS
from molva.demo.shop.codes import WORDS
from molva.demo.shop.faults import Faults
from molva.demo.shop.generator import KNOBS
from molva.demo.shop.words import RUSSIAN, money


def test_commands_from_outside(shop: RunningShop) -> None:
    with httpx2.Client(base_url=shop.url, trust_env=False, verify=False) as outside:
        state = outside.get("/_control/state").json()
        assert (state["api_key"], state["account_id"]) == (shop.api_key, shop.account_id)
        answer = outside.post("/_control/faults", json={"api_answer": "504", "hooks_lost_percent": 40})
        assert (answer.status_code, shop.faults.api_answer, shop.faults.hooks_lost_percent) == (
            200,
            "504",
            40,
        )
        refused = outside.post("/_control/faults", json={"hooks_lost_percent": 101, "nothing": 1})
        assert (refused.status_code, set(refused.json()["refused"])) == (
            422,
            {"hooks_lost_percent", "nothing"},
        )
        assert outside.post("/_control/faults", json={"reset": True}).json()["faults"]["api_answer"] == ""
        made = outside.post(
            "/_control/orders", json=[{"name": "Анна"}, {"at": "2026-01-05T12:00:00+03:00"}]
        ).json()
        assert [order["number"] for order in made] == [1001, 1002]
        assert made[1]["created_at"] == made[1]["updated_at"] == "2026-01-05T12:00:00.000+03:00"
        changed = outside.post(
            "/_control/order", json={"id": made[0]["id"], "status": "delivered", "paid": True}
        )
        assert changed.json()["financial_status"] == "paid"
        assert outside.post("/_control/idle", json={}).json() == {"idle": True}
        assert outside.post("/_control/orders", json={"nonsense": 1}).status_code == 400
        assert outside.post("/_control/order", json={"id": 5}).status_code == 400


def test_restart_goes_on_with_everything(tmp_path: Path) -> None:
    with start_shop(data=tmp_path, language="en") as shop:
        made = shop.add_order(
            name="Anna", phone="+79000000001", promo_code="LES10", items=[["HONEY-BUCK", 2]]
        )
        shop.change_order(made["id"], status="delivered")
        before, key = shop.get_order(made["id"]), shop.api_key
    with start_shop(data=tmp_path) as shop:
        assert (shop.get_order(made["id"]), shop.api_key, shop.language) == (before, key, "en")
        again = shop.add_order(phone="8 900 000 00 01")
        assert (again["number"], again["client"]["id"]) == (1002, made["client"]["id"])
    assert (tmp_path / "shop.json").stat().st_mode & 0o777 == 0o600


def test_process_starts_and_stops_by_signal(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "molva.demo.shop",
        "--port",
        "0",
        "--data",
        str(tmp_path),
        "--api-key",
        "k",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    assert httpx2.get(url, trust_env=False, verify=False).status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert "k" in json.loads((tmp_path / "shop.json").read_text(encoding="utf-8"))["settings"]["keys"]


def test_english_shop_has_no_russian_words() -> None:
    with (
        start_shop(language="en") as shop,
        httpx2.Client(base_url=shop.url, trust_env=False, verify=False) as visitor,
    ):
        shop.add_order(name="Anna")
        for path in (
            "/",
            "/product/ivan-chay",
            "/collection/all",
            "/cart_items",
            "/admin2/",
            "/admin2/faults",
            "/admin2/products",
            "/admin2/applications",
            "/admin2/charges",
            "/admin2/settings",
            "/admin2/generate",
            "/admin2/login",
        ):
            assert re.findall(r"[а-яё]+", visitor.get(path).text, re.IGNORECASE) == []


def _said() -> set[str]:
    """All texts that the shop's code gives to its words."""
    found = set(WORDS.values())
    for path in Path(package.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(
                getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", "")
            )
            texts = ast.walk(node) if name in {"say", "table"} else ()
            for inner in texts:
                if isinstance(inner, ast.Tuple) and name == "table":
                    found |= {item.value for item in inner.elts if isinstance(item, ast.Constant)}
            arguments = getattr(node, "args", [])
            if name == "say" and arguments and isinstance(arguments[0], ast.Constant):
                found.add(arguments[0].value)
    return {text for text in found if text and isinstance(text, str)}


def test_every_word_has_a_russian_one() -> None:
    assert set(KNOBS) - set(RUSSIAN) == set()
    said = _said()
    assert len(said) > 90
    assert said - set(RUSSIAN) == set()


def test_money_for_people() -> None:
    assert [money(amount, "ru") for amount in (38_990, 199_000, -9_780)] == [
        "389,90\u00a0₽",
        "1\u00a0990\u00a0₽",
        "−97,80\u00a0₽",
    ]
    assert money(123_456_700, "en") == "₽1,234,567"


def test_document_names_every_knob_and_command() -> None:
    text = (Path(__file__).parents[2] / "docs/demo-shop.md").read_text(encoding="utf-8")
    said = set(re.findall(r"\w+", text))
    names = {item.name for item in fields(Faults) if not item.name.startswith("uninstall_leaves_")}
    commands = {path.rpartition("/")[2] for path in control.routes.patterns()}
    assert (names | set(KNOBS) | set(ACTS) | commands) - said == set()
