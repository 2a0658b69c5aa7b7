"""Wrong input through the command line: exit 2, nothing printed, the place of the fault told."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from molva.simulate.command import simulate
from tests.simulate_errors.table import (
    IN_EVENTS,
    IN_PROGRAMME,
    LEAD,
    ORDER,
    PARTNER,
    PAYOUT,
    PROGRAMME,
    RULES,
    TOUCH,
    Wrong,
)

ERROR = re.compile(r"^(?P<file>.+?):(?P<line>\d+): (?P<pointer>(/[^:]*)?): (?P<text>.+)$")
RIGHT = [TOUCH, LEAD, ORDER, RULES, PARTNER, PAYOUT]


def run(folder: Path, programme: str, events: str, *more: str) -> Result:
    """`molva simulate` over two files, in this process: two hundred processes would take half a minute."""
    (folder / "programme.json").write_text(programme, encoding="utf-8")
    (folder / "events.jsonl").write_text(events, encoding="utf-8")
    files = ["--programme", str(folder / "programme.json"), "--events", str(folder / "events.jsonl")]
    return CliRunner().invoke(simulate, [*files, *more])


def run_apart(folder: Path, programme: str, events: str, *more: str) -> subprocess.CompletedProcess[str]:
    """The same as a process of its own, for what only a real standard output shows."""
    (folder / "programme.json").write_text(programme, encoding="utf-8")
    files = ["--programme", "programme.json", "--events", "-"]
    return subprocess.run(
        [sys.executable, "-m", "molva.simulate", *files, *more],
        cwd=folder,
        input=events,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONIOENCODING": "utf-8"},
    )


def faults(done: Result) -> list[tuple[str, int, str]]:
    """The error lines as (file, line, pointer), after the checks that all wrong input shares."""
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    found = []
    for text in done.stderr.splitlines():
        match = ERROR.match(text)
        assert match, text
        found.append((Path(match["file"]).name, int(match["line"]), match["pointer"]))
    return found


def dumped(events: list[Any]) -> str:
    """JSON lines."""
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def name_of(wrong: Wrong) -> str:
    """What the case is called."""
    return f"{wrong.base.get('type', 'programme')}{wrong.pointer}={str(wrong.value).partition(' object at ')[0][:30]}"


@pytest.mark.parametrize("wrong", IN_PROGRAMME, ids=name_of)
def test_a_wrong_programme_is_refused(wrong: Wrong, tmp_path: Path) -> None:
    """LINE is 1, the pointer is of the key or of where a missing one should be."""
    found = faults(run(tmp_path, json.dumps(wrong.made(), indent=1), ""))
    assert {fault[:2] for fault in found} == {("programme.json", 1)}
    assert {fault[2] for fault in found} & set(wrong.expected), found


@pytest.mark.parametrize("wrong", IN_EVENTS, ids=name_of)
def test_a_wrong_event_is_refused(wrong: Wrong, tmp_path: Path) -> None:
    """LINE counts lines of the file, blank ones too."""
    events = dumped([TOUCH]) + "\n" + dumped([wrong.made()])
    found = faults(run(tmp_path, json.dumps(PROGRAMME), events))
    assert {fault[:2] for fault in found} == {("events.jsonl", 3)}
    assert {fault[2] for fault in found} & set(wrong.expected), found


RAW = [
    ("programme", '{"currency": "RUB", "currency": "RUB"}', ("/currency",)),
    (
        "programme",
        json.dumps(PROGRAMME).replace('"policy"', '"policy": "first", "policy"'),
        ("/attribution/policy",),
    ),
    ("programme", "[]", ("", "/")),
    ("programme", '{"currency": ', None),
    ("programme", "", None),
    ("events", json.dumps(ORDER).replace('"status"', '"status": "new", "status"'), ("/order/status",)),
    (
        "events",
        json.dumps(ORDER).replace('"total": "5"', '"total": "5", "total": "5"'),
        ("/order/lines/1/total",),
    ),
    ("events", json.dumps(TOUCH)[:-1], None),
    ("events", "[1, 2]", ("", "/")),
    ("events", "null", ("", "/")),
    ("events", json.dumps(ORDER).replace('"seq": 1', '"seq": NaN'), None),
    ("events", json.dumps(TOUCH) * 2, None),
]


@pytest.mark.parametrize(("where", "text", "expected"), RAW, ids=range(len(RAW)))
def test_wrong_json_is_refused(
    where: str, text: str, expected: tuple[str, ...] | None, tmp_path: Path
) -> None:
    """Keys twice in an object, and what is no JSON object at all (then only the line is known)."""
    in_programme = where == "programme"
    done = run(tmp_path, text if in_programme else json.dumps(PROGRAMME), "" if in_programme else "\n" + text)
    found = faults(done)
    assert found[0][:2] == (("programme.json", 1) if in_programme else ("events.jsonl", 2))
    assert expected is None or found[0][2] in expected


def test_every_problem_has_its_line(tmp_path: Path) -> None:
    """One line a problem, in programme and events alike."""
    events = dumped([{**TOUCH, "colour": 1, "kind": "x"}, LEAD, {**PAYOUT, "sum": "1"}])
    found = faults(run(tmp_path, json.dumps(PROGRAMME), events))
    assert sorted(found) == [
        ("events.jsonl", 1, "/colour"),
        ("events.jsonl", 1, "/kind"),
        ("events.jsonl", 3, "/sum"),
    ]


def test_a_partner_is_known_only_from_his_event_on(tmp_path: Path) -> None:
    """Applied by `at`, not by the order of lines."""
    early = {**TOUCH, "partner": "D"}
    late = {**TOUCH, "partner": "D", "at": "2026-03-03T12:00:00Z"}
    assert faults(run(tmp_path, json.dumps(PROGRAMME), dumped([PARTNER, early]))) == [
        ("events.jsonl", 2, "/partner")
    ]
    assert faults(run(tmp_path, json.dumps(PROGRAMME), dumped([late, PARTNER]))) == [
        ("events.jsonl", 1, "/partner")
    ]
    assert run_apart(tmp_path, json.dumps(PROGRAMME), dumped([PARTNER, late])).returncode == 0


def test_right_input_runs(tmp_path: Path) -> None:
    """A BOM, blank lines, equal lines and unknown ids where they are allowed are no errors."""
    lenient = json.loads(json.dumps(PROGRAMME))
    lenient["rules"][0]["when"] = {"partner": ["nobody"], "group": [], "category": None, "code": ["what"]}
    lenient["rules"][0]["reward"]["9"] = {"percent": "1"}
    odd = {
        **ORDER,
        "order": {**ORDER["order"], "codes": ["what"], "landing": "/?aff=nobody", "visitor": None},
    }
    done = run_apart(tmp_path, json.dumps(lenient), "\ufeff\n" + dumped([*RIGHT, *RIGHT, odd]) + "\n  \n")
    assert (done.returncode, done.stderr) == (0, "")
    assert [order["id"] for order in json.loads(done.stdout)["orders"]] == ["o1"]


def test_two_equal_lines_are_one(tmp_path: Path) -> None:
    """Equal as JSON, whatever the order of the keys: also a wrong repetition could not be."""
    again = dict(reversed(list(PARTNER.items())))
    done = run_apart(tmp_path, json.dumps(PROGRAMME), dumped([PARTNER, again]))
    assert (done.returncode, done.stderr) == (0, "")


def test_until_must_be_a_time(tmp_path: Path) -> None:
    """A wrong option is wrong input too."""
    done = run(tmp_path, json.dumps(PROGRAMME), "", "--until", "tomorrow")
    assert (done.exit_code, done.stdout) == (2, "")


def test_standard_input_is_named_by_its_dash(tmp_path: Path) -> None:
    """`-` reads standard input; the process leaves with 2 and prints nothing."""
    done = run_apart(tmp_path, json.dumps(PROGRAMME), dumped([TOUCH, {**TOUCH, "kind": "x"}]))
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == ["-:2"]
