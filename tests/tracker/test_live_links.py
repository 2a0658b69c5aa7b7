"""The tracker on the real main database, SQLite or PostgreSQL: changes work within two seconds, locks hold nobody."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.databases import migrated_database
from tests.tracker.conftest import TrackerProcess

ROOT = Path(__file__).resolve().parents[2]
DJANGO = "from molva.config.processes import start_django\nstart_django()\n"
PREPARE = """
from molva.config import setup
setup.prepare()
from molva.tracking.models import Link
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace
with scope(make_workspace()):
    programme = make_programme(code="herbs", shop_hosts=["shop.example"], mark_param="aff")
    partner = make_partner(programme, code="ANNA")
    Link(programme=programme, partner=partner, code="Anna-1", target_url="https://shop.example/tea?aff=ANNA").save()
"""
CHANGE = """
from molva.tracking.models import Link
Link.unscoped.filter(code_folded="anna-1").update(target_url="https://shop.example/new?aff=ANNA")
"""
MOVE = """
from molva.programmes.models import Programme
Programme.unscoped.filter(code="herbs").update(shop_hosts=["shop.example", "second.example"])
"""


@dataclass
class Place:
    """A tracker, its database, and the rest of Molva as processes of its own."""

    tracker: TrackerProcess
    database: str

    def django(self, code: str) -> float:
        """Run something of the web process's kind; how long ago its end was, the moment of `time.monotonic`."""
        env = {**os.environ, **self.tracker.env, "DJANGO_SETTINGS_MODULE": "molva.config.settings"}
        done = subprocess.run([sys.executable, "-c", DJANGO + code], env=env, cwd=ROOT, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return time.monotonic()


@pytest.fixture
def place(tmp_path: Path, make_tracker: Callable[..., TrackerProcess]) -> Iterator[Place]:
    with migrated_database(tmp_path) as database:
        data = tmp_path / "data"
        tracker = make_tracker(data=data, DATABASE_URL=database, MOLVA_TRACKER_RATE="0")
        made = Place(tracker, database)
        made.django(PREPARE)
        tracker.start()
        yield made
        tracker.end()


def wait_for(is_so: Callable[[], bool], until: float) -> None:
    """Until it is so; fails after that moment."""
    while not is_so():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.02)


@pytest.mark.database
def test_changes_work_within_two_seconds(place: Place) -> None:
    tracker = place.tracker
    assert tracker.click("/r/anna-1").location.startswith("https://shop.example/tea?aff=ANNA&mv=")
    assert tracker.click("/r/anna-1?to=https://second.example/x").location.startswith(
        "https://shop.example/tea?"
    )

    changed = place.django(CHANGE)
    wait_for(lambda: tracker.click("/r/anna-1").location.startswith("https://shop.example/new?"), changed + 2)
    moved = place.django(MOVE)
    wait_for(
        lambda: tracker.click("/r/anna-1?to=https://second.example/x").location.startswith(
            "https://second.example/x?aff=ANNA&mv="
        ),
        moved + 2,
    )


@pytest.mark.database
def test_a_locked_table_of_links_holds_no_known_link(place: Place) -> None:
    if not place.database.startswith("postgres"):
        pytest.skip("SQLite's locks are tried in test_durable")
    tracker = place.tracker
    tracker.click("/r/anna-1")

    with closing(psycopg.connect(place.database)) as locker:
        locker.execute("SELECT pg_notify('molva_links', '')")
        locker.commit()  # everything is to be asked for again
        locker.execute("LOCK TABLE tracking_link IN ACCESS EXCLUSIVE MODE")
        taken = []
        until = time.monotonic() + 6
        while time.monotonic() < until:
            start = time.monotonic()
            assert "mv=" in tracker.click("/r/anna-1").location
            taken.append(time.monotonic() - start)
            time.sleep(0.02)
        unknown = tracker.click("/r/never-asked").status
        locker.rollback()

    assert (max(taken) < 1.0, unknown) == (True, 503)
