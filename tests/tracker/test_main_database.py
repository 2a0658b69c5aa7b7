"""What the tracker asks the main database fits the tables that Django makes, on SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from molva.programmes.models import Partner
from molva.tracker.database import LinkRow, MarkKey, MarkRow, PostgresReader, SqliteReader
from molva.tracker.target import Site
from molva.tracking.models import Link, PromoCode
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace


@pytest.fixture
def reader(transactional_db: None, tmp_path: Any) -> Iterator[PostgresReader | SqliteReader]:
    if connection.vendor == "postgresql":
        options = connection.settings_dict
        user = quote(options["USER"]) + (f":{quote(options['PASSWORD'])}" if options["PASSWORD"] else "")
        made: PostgresReader | SqliteReader = PostgresReader(
            f"postgresql://{user}@{options['HOST'] or 'localhost'}:{options['PORT'] or 5432}/{options['NAME']}"
        )
        yield made
        made.close()
        return
    # The test's database is in memory and has one connection only: it is copied into a file.
    connection.ensure_connection()
    made = CopyReader(tmp_path / "copy.db")
    yield made
    made.close()


class CopyReader(SqliteReader):
    """Reads a copy that is made anew for each look at the database."""

    def _open(self) -> Any:
        self._path.touch()
        opened = super()._open()
        copy = type(opened)(self._path)
        connection.connection.backup(copy)
        copy.close()
        return opened


@pytest.fixture
def partner(transactional_db: None) -> Iterator[Partner]:
    with scope(make_workspace()):
        programme = make_programme(code="herbs", shop_hosts=["shop.example", "127.0.0.1:8010"])
        yield make_partner(programme, code="Анна")


def test_links_and_marks_are_found(partner: Partner, reader: PostgresReader | SqliteReader) -> None:
    fields = {"programme": partner.programme, "partner": partner}
    link = Link(**fields, code="Link-1", target_url="https://shop.example/?aff=x")
    stopped = Link(**fields, code="stopped", target_url="https://shop.example/", is_active=False)
    promo = PromoCode(**fields, code="МЁД10")
    for made in (link, stopped, promo):
        made.save()
    hosts = ("shop.example", "127.0.0.1:8010")

    assert reader.find_links(["link-1", "stopped", "nobody"]) == {
        "link-1": LinkRow(link.pk, partner.pk, "https://shop.example/?aff=x", Site(hosts, "aff"))
    }
    marks = [MarkKey("herbs", mark) for mark in ("анна", "link-1", "мёд10", "stopped")]
    assert reader.find_marks([*marks, MarkKey("other", "анна")]) == {
        marks[0]: MarkRow(0, partner.pk, hosts),
        marks[1]: MarkRow(link.pk, partner.pk, hosts),
        marks[2]: MarkRow(0, partner.pk, hosts),
        marks[3]: MarkRow(0, 0, hosts),
    }
    assert reader.find_hosts(["127.0.0.1:8010", "evil.example"]) == {
        "127.0.0.1:8010": True,
        "evil.example": False,
    }
    assert reader.has_changed()


def test_postgresql_tells_of_changes_and_is_quiet_otherwise(
    partner: Partner, reader: PostgresReader | SqliteReader
) -> None:
    if not isinstance(reader, PostgresReader):
        pytest.skip("SQLite is watched by its data version")
    assert [reader.has_changed() for _ in range(3)] == [True, False, False]
    fields = {"programme": partner.programme, "partner": partner}
    link = Link(**fields, code="told", target_url="https://shop.example/")

    changes: list[Callable[[], object]] = [
        link.save,
        lambda: Link.objects.filter(pk=link.pk).update(target_url="https://shop.example/new"),
        lambda: PromoCode(**fields, code="TEN").save(),
        lambda: type(partner).objects.filter(pk=partner.pk).update(code_folded="other"),
        lambda: (
            type(partner.programme).objects.filter(pk=partner.programme_id).update(shop_hosts=["x.example"])
        ),
        link.delete,
    ]
    for change in changes:
        change()
        assert [reader.has_changed() for _ in range(2)] == [True, False]

    reader.close()  # whatever was told meanwhile is lost: all is asked for again
    assert [reader.has_changed() for _ in range(2)] == [True, False]


def test_without_its_triggers_postgresql_is_asked_again_and_again(
    partner: Partner, reader: PostgresReader | SqliteReader
) -> None:
    if not isinstance(reader, PostgresReader):
        pytest.skip("SQLite is watched by its data version")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracking_link DISABLE TRIGGER molva_links_changed")
    try:
        assert [reader.has_changed() for _ in range(3)] == [True] * 3
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tracking_link ENABLE TRIGGER molva_links_changed")
