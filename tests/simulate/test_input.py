"""Wrong input: a line a problem on standard error, exit 2, nothing on standard output."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from molva.simulate.command import simulate
from tests.simulate.running import Json, at, invoke, lead, order, programme, run, touch, verdicts

RULE = {"id": "r", "reward": {"1": {"percent": "10"}}}


def problems(terms: Any, *events: Any) -> list[str]:
    """`FILE:LINE: pointer` of each problem; the words are free."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in (terms, *events)]
    result = invoke(texts[0], "\n".join(texts[1:]))
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    found = []
    for line in result.stderr.splitlines():
        match = re.fullmatch(r"\S*/(programme\.json|events\.jsonl):(\d+): (\S*): \S.*", line)
        assert match, line
        found.append(f"{match[1][0]}{match[2]} {match[3]}")
    return found


def without(value: Json, *keys: str) -> Json:
    return {key: inner for key, inner in value.items() if key not in keys}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"currency": None}, "/currency"),
        ({"currency": "rub"}, "/currency"),
        ({"timezone": "Moscow"}, "/timezone"),
        ({"timezone": "../etc/passwd"}, "/timezone"),
        ({"levels": 0}, "/levels"),
        ({"levels": 10}, "/levels"),
        ({"levels": True}, "/levels"),
        ({"levels": "2"}, "/levels"),
        ({"rules": None}, "/rules"),
        ({"rules": [RULE, RULE]}, "/rules/1/id"),
        ({"rules": [{"id": "r"}]}, "/rules/0/reward"),
        ({"rules": [{"reward": {}}]}, "/rules/0/id"),
        ({"rules": [{**RULE, "prioritet": 1}]}, "/rules/0/prioritet"),
        ({"rules": [{**RULE, "per": "item"}]}, "/rules/0/per"),
        ({"rules": [{**RULE, "cap": 5}]}, "/rules/0/cap"),
        ({"rules": [{**RULE, "cap": "1.005"}]}, "/rules/0/cap"),
        ({"rules": [{**RULE, "paid_sales": -1}]}, "/rules/0/paid_sales"),
        ({"rules": [{**RULE, "when": {"a/b~c": 1}}]}, "/rules/0/when/a~1b~0c"),
        ({"rules": [{**RULE, "when": {"client": "old"}}]}, "/rules/0/when/client"),
        ({"rules": [{**RULE, "when": {"partner": "B"}}]}, "/rules/0/when/partner"),
        ({"rules": [{**RULE, "when": {"partner": ["B", ""]}}]}, "/rules/0/when/partner/1"),
        ({"rules": [{**RULE, "when": {"valid_to": "2026-03-01"}}]}, "/rules/0/when/valid_to"),
        ({"rules": [{"id": "r", "reward": {"1": {"percent": 10}}}]}, "/rules/0/reward/1/percent"),
        ({"rules": [{"id": "r", "reward": {"1": {"percent": "-1"}}}]}, "/rules/0/reward/1/percent"),
        ({"rules": [{"id": "r", "reward": {"1": {"percent": "1", "fixed": "1"}}}]}, "/rules/0/reward/1"),
        ({"rules": [{"id": "r", "reward": {"1": {}}}]}, "/rules/0/reward/1"),
        ({"rules": [{"id": "r", "reward": {"1": {"none": False}}}]}, "/rules/0/reward/1/none"),
        ({"rules": [{"id": "r", "reward": {"0": {"none": True}}}]}, "/rules/0/reward/0"),
        ({"partners": [{"id": "A"}, {"id": "A"}], "codes": []}, "/partners/1/id"),
        ({"partners": [{"id": ""}], "codes": []}, "/partners/0/id"),
        ({"partners": [{"id": "A", "codes": []}], "codes": []}, "/partners/0/codes"),
        ({"partners": [{"id": "A", "invited_by": "X"}], "codes": []}, "/partners/0/invited_by"),
        ({"partners": [{"id": "A", "invited_by": "A"}], "codes": []}, "/partners/0/invited_by"),
        ({"partners": [{"id": "A", "blocked": 1}], "codes": []}, "/partners/0/blocked"),
        ({"partners": [{"id": "A", "welcome": "5,00"}], "codes": []}, "/partners/0/welcome"),
        ({"codes": [{"code": "bee", "partner": "B"}, {"code": " BEE", "partner": "B"}]}, "/codes/1/code"),
        ({"codes": [{"code": "x", "partner": "X"}]}, "/codes/0/partner"),
        ({"attribution": {"policy": None}}, "/attribution/policy"),
        ({"attribution": {"term_mode": "long"}}, "/attribution/term_mode"),
        ({"attribution": {"click_window_days": 1.5}}, "/attribution/click_window_days"),
        ({"attribution": {"code_over_link": "yes"}}, "/attribution/code_over_link"),
        ({"accrual": {"statuses": None}}, "/accrual/statuses"),
        ({"accrual": {"lost": ["x", "delivered"]}}, "/accrual/lost/1"),
        ({"accrual": {"hold_days": "1"}}, "/accrual/hold_days"),
        ({"Levels": 2}, "/Levels"),
    ],
)
def test_wrong_programme(change: Json, pointer: str) -> None:
    assert problems(programme(**change)) == [f"p1 {pointer}"]


def test_a_circle_names_every_partner_in_it() -> None:
    partners = [
        {"id": "A", "invited_by": "C"},
        {"id": "B", "invited_by": "A"},
        {"id": "C", "invited_by": "B"},
    ]
    assert problems(programme(partners=partners)) == [f"p1 /partners/{i}/invited_by" for i in range(3)]


def test_missing_parts() -> None:
    assert problems({"accrual": None}) == [
        f"p1 /{one}"
        for one in (
            "currency",
            "attribution/policy",
            "accrual/statuses",
            "levels",
            "rules",
            "timezone",
            "partners",
        )
    ]


ORDER = order(at(1))
BODY = ORDER["order"]


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        ("{", ""),
        ("[]", ""),
        ('{"a": NaN}', ""),
        ('{"at": 1} x', ""),
        ({"at": at(1)}, "/type"),
        ({"at": at(1), "type": "click"}, "/type"),
        ({"type": "payout", "partner": "B"}, "/at"),
        ({**touch(at(1)), "at": "2026-03-01 12:00:00Z"}, "/at"),
        ({**touch(at(1)), "at": "2026-03-01T12:00:00"}, "/at"),
        ({**touch(at(1)), "at": "2026-02-30T12:00:00Z"}, "/at"),
        ({**touch(at(1)), "at": "2026-03-01T24:00:00Z"}, "/at"),
        ({**touch(at(1)), "at": "2026-03-01T12:00:00.1234567Z"}, "/at"),
        ({**touch(at(1)), "at": "2026-03-01T12:00:00Z\n"}, "/at"),
        ({**touch(at(1)), "at": 1772355600}, "/at"),
        (without(touch(at(1)), "visitor"), "/visitor"),
        (without(touch(at(1)), "kind"), "/kind"),
        ({**touch(at(1)), "kind": "code"}, "/kind"),
        ({**touch(at(1)), "sub": "x"}, "/sub"),
        (touch(at(1), "X"), "/partner"),
        ({"at": at(1), "type": "payout", "partner": "X"}, "/partner"),
        (without(lead(at(1)), "client"), "/client"),
        ({**lead(at(1)), "landing": "/?aff=B"}, "/landing"),
        ({**lead(at(1)), "codes": ["a", " "]}, "/codes/1"),
        (lead(at(1), client={}), "/client"),
        (lead(at(1), client={"id": None, "email": ""}), "/client"),
        (lead(at(1), client={"name": "x", "id": "c"}), "/client/name"),
        (lead(at(1), client={"id": 5}), "/client/id"),
        ({"at": at(1), "type": "rules"}, "/rules"),
        ({"at": at(1), "type": "rules", "rules": [RULE, RULE]}, "/rules/1/id"),
        ({"at": at(1), "type": "partner"}, "/partner"),
        ({"at": at(1), "type": "partner", "partner": {"blocked": True}}, "/partner/id"),
        ({"at": at(1), "type": "partner", "partner": {"id": "B", "codes": ["x", "cat"]}}, "/partner/codes/1"),
        ({"at": at(1), "type": "partner", "partner": {"id": "A", "invited_by": "B"}}, "/partner/invited_by"),
        ({"at": at(1), "type": "partner", "partner": {"id": "A", "invited_by": "X"}}, "/partner/invited_by"),
        ({"at": at(1), "type": "partner", "partner": {"id": "A", "group": []}}, "/partner/group"),
        ({"at": at(1), "type": "order"}, "/order"),
        ({**ORDER, "seq": -1}, "/seq"),
        ({**ORDER, "seq": 1.5}, "/seq"),
        ({**ORDER, "seq": True}, "/seq"),
        ({**ORDER, "at": at(1, 11)}, "/at"),
        ({**ORDER, "at": "1969"}, "/at"),
        (
            {**ORDER, "order": {**BODY, "lines": [{"id": "1", "total": "1", "quantity": []}]}},
            "/order/lines/0/quantity",
        ),
        ({**ORDER, "order": {**BODY, "lines": [{"id": [], "total": "1"}]}}, "/order/lines/0/id"),
        ({**ORDER, "order": {**BODY, "lines": [{"id": "1", "total": []}]}}, "/order/lines/0/total"),
        (
            {**ORDER, "order": {**BODY, "lines": [{"id": "1", "total": "1", "categories": {}}]}},
            "/order/lines/0/categories",
        ),
        ({**ORDER, "order": {**BODY, "lines": [5]}}, "/order/lines/0"),
        ({**ORDER, "order": 5}, "/order"),
        (lead(at(1), client=[]), "/client"),  # type: ignore[arg-type]
        ({"at": at(1), "type": "partner", "partner": "B"}, "/partner"),
        ({"at": at(1), "type": "rules", "rules": [1]}, "/rules/0"),
        ({**ORDER, "order": {**BODY, "status": {}}}, "/order/status"),
        ({**ORDER, "order": {**BODY, "codes": [[]]}}, "/order/codes/0"),
        *[
            ({**ORDER, "order": without(BODY, key)}, f"/order/{key}")
            for key in ("id", "created_at", "client", "status")
        ],
        ({**ORDER, "order": without(BODY, "lines")}, "/order/lines"),
        ({**ORDER, "order": {**BODY, "total": "1"}}, "/order/total"),
        ({**ORDER, "order": {**BODY, "discount": 5}}, "/order/discount"),
        ({**ORDER, "order": {**BODY, "lines": [{"id": "1"}]}}, "/order/lines/0/total"),
        ({**ORDER, "order": {**BODY, "lines": [{"total": "1"}]}}, "/order/lines/0/id"),
        ({**ORDER, "order": {**BODY, "lines": [{"id": "1", "total": "-1"}]}}, "/order/lines/0/total"),
        ({**ORDER, "order": {**BODY, "lines": [{"id": "1", "total": "1."}]}}, "/order/lines/0/total"),
        ({**ORDER, "order": {**BODY, "lines": [{"id": "1", "total": "１"}]}}, "/order/lines/0/total"),
        (
            {**ORDER, "order": {**BODY, "lines": [{"id": "1", "total": "1", "quantity": 2}]}},
            "/order/lines/0/quantity",
        ),
        ({**ORDER, "order": {**BODY, "lines": [{"id": "1", "total": "1"}] * 2}}, "/order/lines/1/id"),
        (
            {**ORDER, "order": {**BODY, "lines": [{"id": "1", "total": "1", "price": "1"}]}},
            "/order/lines/0/price",
        ),
    ],
)
def test_wrong_event(event: Any, pointer: str) -> None:
    assert problems(programme(), touch(at(1)), "", event) == [f"e3 {pointer}"]


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"at": 1, "at": 2}', ["/at"]),
        ('{"type": "order", "order": {"lines": [{"id": "1", "id": "2"}]}}', ["/order/lines/0/id"]),
        ('{"type": "lead", "client": {"id": "a\\":", "phone" : null, "id": "c"}}', ["/client/id"]),
        ('{"order": {"id": 1, "id": 2, "x":{"y": 1}}, "order": 1}', ["/order"]),
    ],
)
def test_a_key_twice(text: str, pointers: list[str]) -> None:
    assert problems(programme(), text) == [f"e1 {pointer}" for pointer in pointers]


def test_a_key_twice_in_the_programme() -> None:
    text = json.dumps(programme(), indent=1)
    assert problems(text.replace('"levels": 2', '"levels": 2,\n"levels"\n: 2')) == ["p1 /levels"]


def test_a_programme_that_is_no_object() -> None:
    assert problems("[]") == ["p1 "]
    assert problems(programme(attribution=None, accrual=None) | {"attribution": 1, "accrual": []}) == [
        "p1 /attribution",
        "p1 /accrual",
    ]


def test_every_problem_is_told() -> None:
    wrong = {**touch(at(1)), "kind": "x", "sub": "y"}
    assert problems(programme(levels=0), wrong, touch(at(1)), "{") == [
        "p1 /levels",
        "e1 /sub",
        "e1 /kind",
        "e3 ",
    ]


def test_a_partner_is_known_only_after_his_event() -> None:
    joins = {"at": at(2), "type": "partner", "partner": {"id": "D"}}
    assert problems(programme(), touch(at(2), "D"), joins, touch(at(2), "D")) == ["e1 /partner"]


def test_blank_lines_and_bom_are_skipped() -> None:
    bom = b"\xef\xbb\xbf"
    events = bom + b"\r\n  \r\n" + json.dumps(touch(at(1))).encode() + b"\r\n\n" + json.dumps(ORDER).encode()
    result = invoke(bom + json.dumps(programme()).encode(), events)
    assert result.exit_code == 0, result.stderr
    assert verdicts(json.loads(result.stdout)) == {"o1": ("B", "link")}


def test_not_utf8() -> None:
    result = invoke(json.dumps(programme()), b'{"at": "\xff"}')
    assert (result.exit_code, result.stdout) == (2, "")


def test_standard_input(tmp_path: Any) -> None:
    terms = tmp_path / "p.json"
    terms.write_text(json.dumps(programme()))
    events = json.dumps(order(at(1), codes=["bee"]))
    result = CliRunner().invoke(simulate, ["--programme", str(terms), "--events", "-"], input=events)
    assert verdicts(json.loads(result.stdout)) == {"o1": ("B", "code")}
    wrong = CliRunner().invoke(simulate, ["--programme", str(terms), "--events", "-"], input="{}")
    assert wrong.stderr.startswith("-:1: /type: ")


@pytest.mark.parametrize("options", [["--until", "yesterday"], ["--format", "xml"], ["--events", "/no/such"]])
def test_wrong_options(options: list[str]) -> None:
    result = invoke(json.dumps(programme()), "", *options)
    assert (result.exit_code, result.stdout) == (2, "")


def test_times_are_told_in_the_programmes_zone() -> None:
    events = [{**touch("2026-03-01T09:00Z")}, order("2026-03-01T09:00:00.000001Z")]
    answer = run(programme(timezone="Asia/Novosibirsk"), events)
    assert answer["attributions"][0]["from"] == "2026-03-01T16:00:00.000001+07:00"


@pytest.mark.parametrize(("currency", "total", "amount"), [("JPY", "1005", "101"), ("KWD", "1.005", "0.101")])
def test_minor_units_of_the_currency(currency: str, total: str, amount: str) -> None:
    answer = run(programme(currency=currency), [order(at(1), total=total, codes=["bee"])])
    assert answer["orders"][0]["commissions"][0]["amount"] == amount


def test_texts_for_people() -> None:
    result = invoke(json.dumps(programme()), json.dumps(order(at(1), codes=["bee"])), "--format", "text")
    assert result.stdout.splitlines()[:3] == [
        "o1, 2026-03-01T12:00:00+03:00",
        "  B gets the order: promo code bee is used in it.",
        "  ₽100.00: 10% of ₽1,000.00, rule “default”.",
    ]


def test_the_ends_of_time() -> None:
    rules = [{"id": "r", "when": {"months_since_attribution_to": 5}, "reward": {"1": {"percent": "10"}}}]
    last = "9999-12-31T23:59:59.999999Z"
    answer = run(programme(rules=rules), [order(last, codes=["bee"])])
    assert answer["postings"][0]["at"] == "9999-12-31T23:59:59.999999+00:00"
    assert problems(programme(), touch("0001-01-01T00:00:00+14:00")) == ["e1 /at"]


def test_half_a_surrogate_pair_survives() -> None:
    answer = run(programme(), [order(at(1), "\ud800", codes=["bee"])])
    assert answer["orders"][0]["id"] == "\ud800"


def test_the_documented_example() -> None:
    """docs/simulate.md is executed."""
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text()
    terms, events, said = re.findall(r"```(?:json)?\n(.*?)```", page.split("## An example")[1], re.DOTALL)[:3]
    assert invoke(terms, events, "--format", "text").stdout == said
