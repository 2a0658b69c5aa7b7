"""kill -9 in the middle of work, on a real database: nothing is lost, and an atomic job takes effect once."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 8


@pytest.fixture
def database_url(tmp_path: Path, db: None) -> Iterator[str]:
    """An empty database of the kind this run uses, reachable by other processes."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'crash.db'}"
        return
    server, _, _ = os.environ["MOLVA_TEST_DATABASE"].rpartition("/")
    name = f"molva_crash_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(os.environ["MOLVA_TEST_DATABASE"], autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_killed_workers_lose_and_double_nothing(database_url: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "MOLVA_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "molva.config.settings",
        "PYTHONPATH": str(ROOT),
        "MOLVA_LOG_LEVEL": "ERROR",
    }
    code = f"import django; django.setup(); from tests.jobs.crash_run import main; main({KILLS})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
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
