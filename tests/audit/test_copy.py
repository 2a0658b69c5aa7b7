"""A whole installation in a folder of its own: sound, then a copy of it tampered with, as an outsider would."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.databases import migrated_file

SAMPLE = """
from datetime import UTC, datetime
from molva.ledger import services
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace
with scope(make_workspace()):
    partner = make_partner(make_programme())
    for number in range(3):
        services.post(
            programme=partner.programme, kind="welcome", key=f"k{number}", at=datetime(2026, 11, 1, tzinfo=UTC),
            moves=[services.Move("expense", None, "available", partner, 100 + number)], partner=partner,
        )
"""


def molva(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "molva", *arguments],
        env={**environment, "MOLVA_DATA": str(folder), "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
def test_a_tampered_copy_fails_and_the_original_does_not(tmp_path: Path) -> None:
    original, copy = tmp_path / "original", tmp_path / "copy"
    original.mkdir()
    shutil.copy(migrated_file(), original / "molva.db")
    assert molva(original, "manage", "migrate", "--verbosity", "0").returncode == 0
    assert molva(original, "manage", "shell", "--no-imports", "-c", SAMPLE).stderr == ""
    shutil.copytree(original, copy)
    with closing(sqlite3.connect(copy / "molva.db")) as database:
        database.execute("DROP TRIGGER append_only_ledger_posting_update")
        database.execute("UPDATE ledger_posting SET amount_minor = 999 WHERE id = 2")
        database.commit()

    sound, broken = molva(original, "check"), molva(copy, "check")

    assert (sound.returncode, sound.stdout, sound.stderr) == (0, "Everything holds.\n", "")
    assert (broken.returncode, broken.stderr) == (1, "Breaches: 5.\n")
    assert broken.stdout.splitlines() == [
        "I2 partner 1: available is shown as 303, the postings make 1201",
        "I6 table ledger_posting: has no trigger against changes, or it is switched off",
        "I7 transaction № 2: its contents differ from its hash",
        "I2 account 2 (expense): -303 is kept, the postings make -1201",
        "I2 days of partner 1 in the books: do not add up to the postings",
    ]
