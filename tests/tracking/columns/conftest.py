"""Two programmes, five partners, three days of clicks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from molva.kit import clock
from molva.programmes.models import Programme
from molva.tracking import clickfile
from molva.tracking.clickfile import RawClick
from molva.tracking.columns.questions import ClickQuestion
from molva.tracking.ingest import click_folder
from molva.tracking.models import Link
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace
from tests.tracking.columns.sample import END, START, load_all, make_clicks, write_clicks


@dataclass
class World:
    """What there is to be asked for."""

    programme: Programme
    partners: list[int]
    links: list[int]
    clicks: list[RawClick]
    folder: Path

    def ask(self, **changes: Any) -> ClickQuestion:
        """A question to the whole of the first programme."""
        words: dict[str, Any] = {
            "programme": self.programme.pk,
            "start": START,
            "end": END,
            "zone": ZoneInfo("Europe/Moscow"),
            "limit": 100_000,
        }
        return ClickQuestion(**{**words, **changes})

    def path(self, day: str) -> Path:
        """The raw file of a day."""
        return clickfile.path_of(self.folder, day)


@pytest.fixture
def empty_world(db: None, settings: Any, tmp_path: Path) -> Iterator[World]:
    """Partners without clicks; the present is the noon after the day after the last one."""
    settings.DATA_DIR = tmp_path
    settings.MOLVA_GEO_FILE = settings.MOLVA_CLICKHOUSE_URL = ""
    moment: datetime = END + timedelta(days=1, hours=12)
    with scope(make_workspace()), clock.pretend(moment):
        programme = make_programme(timezone="Europe/Moscow")
        partners = [make_partner(programme).pk for _ in range(4)]
        links = [_link(programme, pk) for pk in partners[:3]]
        click_folder().mkdir()
        yield World(programme, partners, links, [], click_folder())


@pytest.fixture
def world(empty_world: World) -> World:
    """The same with clicks, also of another programme and of a partner who does not exist."""
    other = make_partner(make_programme()).pk
    empty_world.clicks = make_clicks([*empty_world.partners, other, 987_654], empty_world.links)
    write_clicks(empty_world.folder, empty_world.clicks)
    load_all()
    return empty_world


def _link(programme: Programme, partner: int) -> int:
    made = Link(
        programme=programme, partner_id=partner, code=f"c{partner}", target_url="https://shop.example/"
    )
    made.save()
    return made.pk
