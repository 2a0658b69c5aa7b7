"""`molva to-postgres`: every row arrives as it was, the books hold there, and life goes on with new numbers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.databases import fresh_database, migrated_database, migrated_file

LIFE = """
from datetime import timedelta
from molva.kit import clock
from molva.workspaces.scoping import scope
from tests.commissions.conftest import START
from tests.factories import make_workspace
from tests.web.office_work.conftest import live, make_world
workspace = make_workspace(name="Лесная «лавка»\\t№ 1\\\\ \\n")
with scope(workspace):
    world = make_world(workspace)
    live(world)
"""
DUMP = """
import json
from django.apps import apps
bytes_or_text = lambda one: bytes(one).hex() if isinstance(one, (bytes, memoryview)) else str(one)
for model in apps.get_models(include_auto_created=True):
    for row in model._base_manager.order_by("pk").values():
        print(model._meta.label, json.dumps(row, sort_keys=True, default=bytes_or_text))
"""
GO_ON = """
from molva.ledger.services import adjust
from molva.programmes.models import Partner
from molva.workspaces.models import User
from molva.workspaces.scoping import scope
partner = Partner.unscoped.get(code="kate")
with scope(partner.workspace_id):
    adjust(partner=partner, amount_minor=100, reason="more", actor=User.objects.first(), key="after the move")
"""

pytestmark = [
    pytest.mark.database,  # chosen for the part on PostgreSQL
    pytest.mark.skipif(not os.environ.get("MOLVA_TEST_DATABASE"), reason="needs a PostgreSQL"),
]


def molva(database: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: text for name, text in os.environ.items() if not name.startswith("MOLVA_")}
    environ |= {"DATABASE_URL": database, "MOLVA_DATA": str(folder), "PYTHONPATH": os.getcwd()}
    environ["DJANGO_SETTINGS_MODULE"] = "molva.config.settings"
    return subprocess.run(
        [sys.executable, "-m", "molva", *arguments], env=environ, capture_output=True, text=True, timeout=300
    )


def shell(database: str, folder: Path, code: str) -> str:
    done = molva(database, folder, "manage", "shell", "--no-imports", "-c", code)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.slow
def test_everything_moves_and_goes_on(tmp_path: Path) -> None:
    old = f"sqlite:///{tmp_path / 'molva.db'}"
    shutil.copy(migrated_file(), tmp_path / "molva.db")
    shell(old, tmp_path, LIFE)
    with fresh_database(tmp_path) as new:
        moved = molva(old, tmp_path, "to-postgres", new)
        assert (moved.returncode, moved.stderr) == (0, "")
        assert "  ledger_posting: " in moved.stdout
        assert moved.stdout.endswith(
            "Everything holds there. Set DATABASE_URL to this address and start Molva.\n"
        )
        before, after = shell(old, tmp_path, DUMP), shell(new, tmp_path, DUMP)
        assert "ledger.Posting {" in before
        assert after == before
        shell(new, tmp_path, GO_ON)
        assert molva(new, tmp_path, "check").stdout == "Everything holds.\n"

        again = molva(old, tmp_path, "to-postgres", new)
        assert again.returncode == 1
        assert "A Molva lives in that database already" in again.stderr
        back = molva(new, tmp_path, "to-postgres", new)
        assert "does not name an SQLite database" in back.stderr


@pytest.mark.slow
def test_what_cannot_arrive_moves_nothing(tmp_path: Path) -> None:
    """PostgreSQL keeps no NUL in a text; the operator reads which row it is."""
    old = f"sqlite:///{tmp_path / 'molva.db'}"
    shutil.copy(migrated_file(), tmp_path / "molva.db")
    shell(old, tmp_path, "from tests.factories import make_workspace; make_workspace(name='a\\0b')")
    with migrated_database(tmp_path) as new:
        moved = molva(old, tmp_path, "to-postgres", new)
        assert moved.returncode == 1
        assert "workspaces_workspace" in moved.stderr
        assert "Nothing was moved" in moved.stderr
        with psycopg.connect(new) as database:
            assert database.execute("SELECT COUNT(*) FROM workspaces_workspace").fetchone() == (0,)
