"""kill -9 in the middle of work, on a real database: nothing is lost, and an atomic job takes effect once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import fresh_database

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 8


@pytest.mark.database
def test_killed_workers_lose_and_double_nothing(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "MOLVA_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "molva.config.settings",
        "PYTHONPATH": str(ROOT),
        "MOLVA_LOG_LEVEL": "ERROR",
    }
    code = f"import django; django.setup(); from tests.jobs.crash_run import main; main({KILLS})"
    with fresh_database(tmp_path) as environment["DATABASE_URL"]:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("taken_back") > 0
    assert told.pop("beats") > 1  # the killed ones said no goodbye and are pruned after a day
    assert told == {
        "states": ["done"],
        "atomic": [61, 61],  # sixty jobs, and the schedule's one
        "plain_distinct": 60,
        "exit": 0,
    }
