"""Several machines that take clicks: each loads its own folder into the shared database, once, under its own number."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from molva.domain.click_id import make_click_id
from molva.kit import clock
from molva.tracking import clickfile
from molva.tracking.clickfile import RawClick
from molva.tracking.errors import NodeTaken
from molva.tracking.models import TrackerNode
from molva.tracking.nodes import claim_nodes
from tests.databases import migrated_database

NOW = clock.now_micros()


def put(folder: Path, *, node: int = 0, count: int = 1, partner: int = 1) -> Path:
    """A click folder with some clicks of a node."""
    clicks = [
        RawClick(make_click_id(NOW + number, node), 0, partner, b"visitor!", 0, None, None, None, None)
        for number in range(count)
    ]
    clickfile.store_clicks(folder, clicks)
    return folder


@pytest.mark.django_db
def test_a_number_belongs_to_one_living_folder(tmp_path: Path) -> None:
    first, second = put(tmp_path / "a"), put(tmp_path / "b")
    claim_nodes(first)
    claim_nodes(first)

    with pytest.raises(NodeTaken, match="MOLVA_TRACKER_NODE"):
        claim_nodes(second)
    claim_nodes(put(tmp_path / "c", node=1))
    assert list(TrackerNode.objects.order_by("number").values_list("number", flat=True)) == [0, 1]

    TrackerNode.objects.filter(number=0).update(seen_at=clock.now() - timedelta(minutes=2))
    claim_nodes(second)  # the first one has gone: moved, or made anew from a backup
    with pytest.raises(NodeTaken):
        claim_nodes(first)


@pytest.mark.django_db
def test_a_machine_without_clicks_claims_nothing(tmp_path: Path) -> None:
    claim_nodes(tmp_path)

    assert (TrackerNode.objects.count(), list(tmp_path.iterdir())) == (0, [])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("clicks-20261124.db", ("20261124", 0)),
        ("clicks-20261124-2047.db", ("20261124", 2047)),
        ("clicks-20261124.db-wal", None),
        ("clicks-2026.db", None),
        ("clicks-20261124-12345.db", None),
    ],
)
def test_a_name_tells_day_and_node(name: str, found: tuple[str, int] | None) -> None:
    assert clickfile.named(name) == found
    if found:
        assert clickfile.path_of(Path(), *found).name == name


ASK = """
import json, sys
from molva.config.processes import start_django
start_django()
from molva.tracking.models import ClickDay, Touch
print(json.dumps([Touch.unscoped.count(), sum(ClickDay.unscoped.values_list("clicks", flat=True))]))
"""
PREPARE = """
from molva.config import setup
from molva.config.processes import start_django
start_django()
setup.prepare()
from molva.programmes.models import Partner
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace
with scope(make_workspace()):
    print(make_partner(make_programme()).pk)
"""


def test_machines_load_their_folders_into_one_database(tmp_path: Path) -> None:
    """Two trackers' folders, two `molva load` processes killed and started again: each click once."""
    with migrated_database(tmp_path) as database:
        env = {**_env(), "DATABASE_URL": database, "MOLVA_SECRET_KEY": "shared"}
        partner = int(_run(PREPARE, {**env, "MOLVA_DATA": str(tmp_path / "main")}))
        machines = []
        for node in (0, 7):
            data = tmp_path / f"machine{node}"
            put(data / "clicks", node=node, count=3000, partner=partner)
            machines.append({**env, "MOLVA_DATA": str(data)})
        for _ in range(2):
            loaders = [_loader(machine) for machine in machines]
            time.sleep(4)
            for loader in loaders:
                loader.send_signal(signal.SIGKILL)
                loader.wait()
        loaders = [_loader(machine) for machine in machines]
        until = time.monotonic() + 60
        while (found := _run(ASK, machines[0])) != "[6000, 6000]" and time.monotonic() < until:
            time.sleep(1)
        time.sleep(3)

        assert found == _run(ASK, machines[0]) == "[6000, 6000]"
        for loader in loaders:
            loader.send_signal(signal.SIGTERM)
        assert [loader.wait(20) for loader in loaders] == [0, 0]


def _env() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "molva.config.settings", "MOLVA_LOG_LEVEL": "ERROR"}


def _run(code: str, env: dict[str, Any]) -> str:
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def _loader(env: dict[str, Any]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "molva", "load"], env=env)


@pytest.mark.django_db
def test_postgresql_has_the_triggers_that_tell_the_tracker() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is watched by its data version")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'molva_links_changed'")
        assert {row[0] for row in cursor.fetchall()} == {
            "tracking_link",
            "tracking_promocode",
            "programmes_partner",
            "programmes_programme",
        }
