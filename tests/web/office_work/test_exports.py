"""Lists as files: the page's own figures, at once or in the background, whole or not at all, its person's alone."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from molva.jobs.models import Job
from molva.jobs.worker import Worker
from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.models import Partner
from molva.reports import exports as queue
from molva.reports import longwork
from molva.reports.models import Export, ExportState
from molva.reports.orders import list_orders, order_totals
from molva.reports.partners import list_partners, partner_totals
from molva.web.office import export_jobs, exporting
from molva.web.office.lists import pieces
from molva.workspaces.models import Member
from molva.workspaces.scoping import scope
from tests.kit.test_sheets import cells
from tests.web.office_work.conftest import World

Take = Callable[..., bytes]
QUERIES = 13  # of the page «My files»


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.MOLVA_EXPORTS = tmp_path


@pytest.fixture
def take(world: World) -> Take:
    """The bytes of a file that a page sends."""

    def read(tail: str, client: Client | None = None) -> bytes:
        answer = (client or world.client()).get(world.url(tail))
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)  # type: ignore[attr-defined]

    return read


def lines(file: bytes) -> list[list[str]]:
    return [line.split(";") for line in file.decode("utf-8-sig").splitlines()]


def column(rows: list[list[str]], title: str) -> Decimal:
    place = rows[0].index(title)
    return sum((Decimal(row[place].replace(",", ".")) for row in rows[1:]), Decimal())


@pytest.mark.parametrize("name", sorted(exporting.EXPORTS))
def test_every_export_has_a_page_a_maker_and_both_forms(world: World, take: Take, name: str) -> None:
    url = reverse(f"office:{name}", args=[world.shop.programme.code]).removeprefix(world.url())
    csv = lines(take(f"{url}?as=csv"))
    book = cells(take(f"{url}?as=xlsx"))
    assert [f"text:{title}" for title in csv[0]] == book[0]
    assert len(csv) == len(book)
    page = world.client().get(world.url(url)).content.decode()
    assert ("as=xlsx" in page, "as=csv" in page) == (True, True)


def test_sums_of_a_file_are_those_of_the_page(world: World, take: Take) -> None:
    orders = lines(take("orders/?as=csv&partner=kate"))
    shown = order_totals(list_orders(world.shop.programme, partner="kate"))
    assert column(orders, "Сумма") * 100 == shown.sales_minor
    assert len(orders) - 1 == shown.orders
    people = lines(take("partners/?as=csv&sort=-sales"))
    totals = partner_totals(list_partners(world.shop.programme))
    assert column(people, "Продажи") * 100 == totals.sales_minor
    assert column(people, "Заработано") * 100 == totals.earned_minor
    assert column(people, "Доступно") * 100 == totals.available_minor


def test_a_workbook_has_figures_days_and_harmless_words(world: World, take: Take) -> None:
    Partner.objects.filter(pk=world.long.pk).update(name='=HYPERLINK("https://x.example")')
    people = cells(take("partners/?as=xlsx"))
    assert any('text:=HYPERLINK("https://x.example")' in row for row in people)
    order = next(row for row in cells(take("orders/?as=xlsx")) if row[0] == "text:10482")
    assert order[6] == "number:2163.30"
    assert re.fullmatch(r"number:4\d{4}", order[1])
    with zipfile.ZipFile(io.BytesIO(take("orders/?as=xlsx"))) as file:
        sheet, styles = (file.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
    assert "<f>" not in sheet
    assert 'ySplit="1"' in sheet
    assert "<cols>" in sheet
    assert ('"#,##0.00"' in styles or 'numFmtId="4"' in styles, "dd.mm.yyyy" in styles) == (True, True)


def many(world: World, count: int) -> None:
    """As many orders more, of plain sums; only their rows, as nothing else is asked here."""
    pattern = Order.objects.get(number="10484")
    rows = []
    for n in range(count):
        pattern.pk, pattern.number, pattern.external_id = None, f"N{n}", f"n{n}"
        pattern.total_minor = n
        rows.append(Order(**{field.attname: getattr(pattern, field.attname) for field in Order._meta.fields}))
    Order.objects.bulk_create(rows, batch_size=1000)


def ask(world: World, form: str = "csv", query: str = "", client: Client | None = None) -> Export:
    url = world.url("exports/start/")
    answer = (client or world.client()).post(url, {"name": "orders", "form": form, "query": query})
    return Export.objects.get(pk=int(answer["Location"].rstrip("/").rsplit("/", 1)[1]))


def work() -> None:
    """The real worker, until there is nothing to do."""
    Worker(scope=scope).run_until_empty()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists count as long from the third row on."""
    monkeypatch.setattr(exporting, "AT_ONCE", 2)


@pytest.mark.usefixtures("short")
def test_a_long_list_asks_first_and_is_then_made(world: World, take: Take) -> None:
    client = world.client()
    page = client.get(world.url("orders/?as=csv&sort=number&page=7")).content.decode()
    assert 'name="query" value="sort=number"' in page
    assert not Export.objects.exists()
    export = ask(world, query="sort=number&page=7&as=csv")
    assert (export.state, export.rows, export.query) == (ExportState.WAITING, 6, "sort=number")
    waiting = client.get(world.url(f"exports/{export.pk}/")).content.decode()
    assert ('hx-trigger="every 2s"' in waiting, '<meta http-equiv="refresh"' in waiting) == (True, True)
    work()
    export.refresh_from_db()
    assert (export.state, export.done) == (ExportState.READY, 6)
    ready = client.get(world.url(f"exports/{export.pk}/")).content.decode()
    assert ("hx-trigger" in ready, f"exports/{export.pk}/file/" in ready) == (False, True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "AT_ONCE", 5000)
        assert take(f"exports/{export.pk}/file/") == take("orders/?as=csv&sort=number")


def test_twenty_thousand_rows_come_whole_in_both_forms(world: World, take: Take) -> None:
    many(world, 20_000)
    wanted = order_totals(list_orders(world.shop.programme))
    made = {form: ask(world, form) for form in ("csv", "xlsx")}
    work()
    csv = lines(take(f"exports/{made['csv'].pk}/file/"))
    assert len(csv) - 1 == wanted.orders == 20_006
    assert column(csv, "Сумма") * 100 == wanted.sales_minor
    book = cells(take(f"exports/{made['xlsx'].pk}/file/"))
    figures = sum(Decimal(row[6].removeprefix("number:")) for row in book[1:])
    assert figures * 100 == wanted.sales_minor
    assert len({row[0] for row in book}) == 20_007


def test_nobody_else_finds_a_file(world: World, take: Take) -> None:
    export = ask(world)
    work()
    export.refresh_from_db()
    for person in (world.manager, world.accountant, world.stranger):
        client = world.client(person)
        for tail in ("", "file/"):
            assert client.get(world.url(f"exports/{export.pk}/{tail}")).status_code == 404
        for tail in ("cancel/", "again/"):
            assert client.post(world.url(f"exports/{export.pk}/{tail}")).status_code == 404
    assert world.client(world.manager).get(world.url("exports/")).context["rows"] == []
    assert Export.objects.get().state == ExportState.READY


@pytest.mark.parametrize("role", ["manager", "accountant"])
def test_each_role_takes_what_its_pages_show(world: World, take: Take, role: str) -> None:
    client = world.client(getattr(world, role))
    export = ask(world, client=client)
    work()
    assert take(f"exports/{export.pk}/file/", client) == take("orders/?as=csv", client)


def test_only_known_lists_can_be_asked_for(world: World) -> None:
    url = world.url("exports/start/")
    for wish in ({"name": "secrets", "form": "csv"}, {"name": "orders", "form": "exe"}, {}):
        assert world.client().post(url, wish).status_code == 404
    assert not Export.objects.exists()


def test_the_same_wish_is_one_file_and_five_are_enough(world: World) -> None:
    first = ask(world)
    assert ask(world) == first
    for n in range(4):
        ask(world, query=f"q={n}")
    answer = world.client().post(
        world.url("exports/start/"), {"name": "orders", "form": "csv", "query": "q=9"}
    )
    assert answer["Location"] == world.url("exports/")
    assert Export.objects.count() == 5
    assert queue.before(Export.objects.latest("pk")) == 4
    work()
    assert set(Export.objects.values_list("state", flat=True)) == {"ready"}


def test_who_has_left_gets_nothing(world: World, tmp_path: Path) -> None:
    export = ask(world, client=world.client(world.manager))
    Member.objects.filter(user=world.manager).delete()
    work()
    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED
    assert list(tmp_path.rglob("*.*")) == []


def test_a_cancelled_run_stops_in_the_midst(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(world, 1000)
    export = ask(world)
    monkeypatch.setattr(longwork, "TELL_SECONDS", 0)
    told = longwork.tell

    def cancel_then_tell(one: Export, done: int) -> None:
        if done == 500:
            assert world.client().post(world.url(f"exports/{one.pk}/cancel/")).status_code == 302
        told(one, done)

    monkeypatch.setattr(longwork, "tell", cancel_then_tell)
    work()
    export.refresh_from_db()
    assert (export.state, export.done) == (ExportState.CANCELLED, 400)
    assert list(tmp_path.rglob("*.*")) == []
    page = world.client().get(world.url(f"exports/{export.pk}/")).content.decode()
    assert "Собрать заново" in page
    assert world.client().post(world.url(f"exports/{export.pk}/again/")).status_code == 302
    monkeypatch.setattr(longwork, "tell", told)
    work()
    export.refresh_from_db()
    assert export.state == ExportState.READY


class _Killed(BaseException):
    """The process is gone: nothing is caught, nothing recorded."""


def test_a_killed_worker_leaves_no_broken_file_and_the_next_begins_anew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(world, 1000)
    export = ask(world)

    def die(*_: Any) -> None:
        raise _Killed

    monkeypatch.setattr(longwork, "TELL_SECONDS", 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(longwork, "tell", die)
        with pytest.raises(_Killed):
            work()
    export.refresh_from_db()
    assert export.state == ExportState.RUNNING
    assert not queue.path_of(export).exists()
    file = world.client().get(world.url(f"exports/{export.pk}/file/"))
    assert file["Location"] == world.url(f"exports/{export.pk}/")
    with clock.pretend(clock.now() + timedelta(minutes=1)):
        from molva.jobs.queue import take_back_expired  # noqa: PLC0415 - what the main loop of a worker does

        assert take_back_expired() == 1
        work()
    export.refresh_from_db()
    assert (export.state, export.attempts, export.done) == (ExportState.READY, 2, 1006)
    assert [path.name for path in tmp_path.rglob("*.*")] == [f"{export.pk}.csv"]


def test_a_run_that_was_taken_for_dead_writes_nothing(world: World, tmp_path: Path) -> None:
    export = ask(world)
    old = longwork.claim(Export, queue.MOST_ATTEMPTS)
    assert old is not None
    newer = longwork.claim(Export, queue.MOST_ATTEMPTS)
    assert newer is not None
    with pytest.raises(longwork.Stopped):
        longwork.tell(old, 1)
    queue.save_file(newer, lambda file: file.write(b"new") and None, done=lambda: 6)
    longwork.fail(old, "error")
    export.refresh_from_db()
    assert (export.state, queue.path_of(export).read_bytes()) == (ExportState.READY, b"new")


def test_a_list_that_kills_every_worker_is_given_up(world: World) -> None:
    export = ask(world)
    for _ in range(queue.MOST_ATTEMPTS):
        assert longwork.claim(Export, queue.MOST_ATTEMPTS) is not None
    assert longwork.claim(Export, queue.MOST_ATTEMPTS) is None
    export.refresh_from_db()
    assert (export.state, export.problem) == (ExportState.FAILED, "killed")


@pytest.mark.parametrize(
    ("error", "problem", "words"),
    [(OSError(28, "full"), "disk", "место на диске"), (ValueError(), "error", "журнал")],
)
def test_a_failure_says_why_and_can_be_tried_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, problem: str, words: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    export = ask(world)
    with monkeypatch.context() as patch:
        patch.setattr(export_jobs, "write_table", fail)
        work()
    export.refresh_from_db()
    assert (export.state, export.problem) == (ExportState.FAILED, problem)
    assert words in world.client().get(world.url(f"exports/{export.pk}/")).content.decode()
    assert list(tmp_path.rglob("*.*")) == []
    assert set(Job.objects.filter(path__contains="make_exports").values_list("state", flat=True)) == {"done"}


def test_files_go_after_seven_days(world: World, tmp_path: Path) -> None:
    export = ask(world)
    work()
    left = tmp_path / "1" / "77.csv.1.part"
    left.parent.mkdir(exist_ok=True)
    left.write_text("half")
    export.refresh_from_db()
    with clock.pretend(export.finished_at + timedelta(days=6, hours=23)):
        export_jobs.keep_exports()
        assert queue.path_of(export).exists()
    with clock.pretend(export.finished_at + timedelta(days=7, hours=1)):
        import os  # noqa: PLC0415 - the clock of the disk is set too

        os.utime(left, (0, 0))
        export_jobs.keep_exports()
        export.refresh_from_db()
        assert export.state == ExportState.EXPIRED
        assert list(tmp_path.rglob("*.*")) == []
        answer = world.client().get(world.url(f"exports/{export.pk}/file/"))
        assert answer["Location"] == world.url(f"exports/{export.pk}/")


def test_a_lost_job_is_woken_and_a_lost_file_owned_up(world: World) -> None:
    export = ask(world)
    Job.objects.all().delete()
    export_jobs.keep_exports()
    work()
    export.refresh_from_db()
    assert export.state == ExportState.READY
    queue.path_of(export).unlink()
    world.client().get(world.url(f"exports/{export.pk}/file/"))
    export.refresh_from_db()
    assert export.state == ExportState.EXPIRED


def test_pieces_keep_the_order_and_every_row(world: World) -> None:
    many(world, 30)
    rows = list_orders(world.shop.programme, sort="total_minor")
    assert [row.pk for piece in pieces(rows, size=7) for row in piece] == [row.pk for row in rows]
    assert list(pieces(rows.none())) == []


@pytest.mark.parametrize("count", [1, 30])
def test_my_files_cost_the_same_for_one_and_thirty(
    world: World, django_assert_num_queries: Any, count: int
) -> None:
    for n in range(count):
        Export.objects.create(
            programme=world.shop.programme, person=world.owner, name="orders", query=f"q={n}", form="csv",
            language="ru", state=ExportState.READY, finished_at=clock.now(), rows=n,
        )  # fmt: skip
    client = world.client()
    client.get(world.url("exports/"))
    with django_assert_num_queries(QUERIES):
        assert len(client.get(world.url("exports/")).context["rows"]) == count


def test_no_files_teach_where_they_come_from(world: World) -> None:
    assert "Скачать" in world.client().get(world.url("exports/")).content.decode()
