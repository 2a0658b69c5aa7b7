"""What the operator's pages must name: every command, every line of the timetable."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from molva.config.cli import COMMANDS, main
from molva.config.timetable import TIMETABLE
from molva.jobs.registry import find_job

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    assert f"| `molva {name}" in (DOCS / "cli.md").read_text()


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "manage"])
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")


def test_help_lists_the_commands_without_importing_them() -> None:
    output = CliRunner().invoke(main, ["--help"]).output
    assert [name for name in COMMANDS if f"  {name} " not in output] == []


@pytest.mark.parametrize("entry", TIMETABLE, ids=lambda entry: entry.name)
def test_the_timetable_is_documented_and_can_be_run(entry: object) -> None:
    path = entry.path  # type: ignore[attr-defined]
    assert f"`{path}`" in (DOCS / "operations.md").read_text()
    find_job(path)
