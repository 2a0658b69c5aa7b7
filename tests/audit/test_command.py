"""`molva check` from the terminal."""

import json

from click.testing import CliRunner, Result

from molva.audit.command import check
from molva.ledger.models import LedgerHead
from tests.audit.conftest import Month
from tests.factories import make_workspace


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check, arguments)


def test_sound_books_answer_zero(month: Month) -> None:
    result = run()

    assert (result.exit_code, result.output) == (0, "Everything holds.\n")


def test_breaches_are_lines_and_exit_one(month: Month) -> None:
    LedgerHead.objects.update(last_number=99)

    result = run()

    assert result.exit_code == 1
    assert result.stdout == "I7 transaction № 99: the chain should end at 99, its rows end at 16\n"
    assert result.stderr == "Breaches: 1.\n"


def test_breaches_as_json(month: Month) -> None:
    LedgerHead.objects.update(last_number=99)

    result = run("--json", "--workspace", str(month.shop.programme.workspace_id))

    assert result.exit_code == 1
    assert json.loads(result.output) == {
        "sound": False,
        "breaches": [
            {
                "invariant": "I7",
                "where": "transaction № 99",
                "what": "the chain should end at 99, its rows end at 16",
            }
        ],
    }


def test_one_workspace_is_asked(month: Month) -> None:
    LedgerHead.objects.update(last_number=99)
    quiet = make_workspace()

    result = run("--workspace", str(quiet.pk), "--json")

    assert (result.exit_code, json.loads(result.output)) == (0, {"sound": True, "breaches": []})


def test_unknown_workspace_is_a_wrong_question(month: Month) -> None:
    result = run("--workspace", "777777")

    assert result.exit_code == 2
    assert "there is no workspace 777777" in result.output
