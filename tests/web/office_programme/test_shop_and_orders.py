"""Shop, messages, orders by hand and from files, settings and the public page's texts."""

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from molva.commissions.admission import admit_partner
from molva.integrations.inbound import process_inbound
from molva.integrations.manual import manual_connection
from molva.integrations.models import InboundEvent, InboundState
from molva.jobs.models import Job
from molva.orders.models import Order
from molva.tracking.models import Link
from tests.web.office_programme.conftest import Company


def run_imports() -> None:
    """What the worker would do with the rows."""
    for event in InboundEvent.objects.filter(state=InboundState.NEW):
        process_inbound(event_id=event.pk)


def test_an_order_by_hand_is_judged_like_any_other(company: Company, as_role: Callable[[str], Client]):
    admit_partner(programme=company.programme, name="Kate", email="kate@example.org", code="kate")
    answer = as_role("manager").post(
        company.url("orders_add"),
        {"number": "A-1", "total": "1 000,50", "status": "delivered", "name": "Ann", "partner": "kate"},
    )
    assert answer.status_code == 302
    order = Order.objects.get()
    assert (order.number, order.partner.code, order.reason) == ("A-1", "kate", "code")
    assert order.commissions.get(level=1).posted_minor == 10_005


def test_an_order_of_nobody_for_nothing_is_told_next_to_the_fields(
    company: Company, as_role: Callable[[str], Client]
):
    answer = as_role("manager").post(
        company.url("orders_add"), {"number": "1", "total": "5", "status": "new"}
    )
    assert list(answer.context["form"].errors) == ["name"]
    assert Order.objects.count() == 0


CSV = (
    "номер;дата;сумма;имя;партнёр;статус\n1;02.10.2026;1 234,50;Анна;kate;delivered\n2;2 октября;5;Ян;;new\n"
    "3;03.10.2026;много;Ян;;новый\n4;;7;Ян;;съеден\n5;03.10.2026;10,00;Ян;;Доставлен\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_file_with_broken_rows_loses_nothing(
    company: Company, as_role: Callable[[str], Client], encoding: str
):
    admit_partner(programme=company.programme, name="Kate", email="kate@example.org", code="kate")
    client = as_role("owner")
    file = SimpleUploadedFile("orders.csv", CSV.encode(encoding))
    answer = client.post(company.url("orders_import"), {"file": file})
    assert answer.status_code == 302
    assert InboundEvent.objects.count() == 5
    run_imports()
    page = client.get(answer["Location"])
    state = page.context["state"]
    assert (state.total, state.waiting, state.applied, state.dead) == (5, 0, 2, 3)
    assert [row["number"] for row in page.context["broken"]] == ["3", "4", "5"]
    assert {order.number: order.total_minor for order in Order.objects.all()} == {"1": 123_450, "5": 1_000}


def test_the_same_file_again_changes_nothing(company: Company, as_role: Callable[[str], Client]):
    client = as_role("owner")
    for _ in range(2):
        client.post(company.url("orders_import"), {"file": SimpleUploadedFile("a.csv", CSV.encode())})
        run_imports()
    assert Order.objects.count() == 2
    assert InboundEvent.objects.filter(state=InboundState.REPEATED).count() == 2


@pytest.mark.parametrize("data", [b"", b"what;is;this\n1;2;3\n", b"\x98\x98"])
def test_a_file_that_is_no_table_of_orders_is_refused_in_words(
    company: Company, as_role: Callable[[str], Client], data: bytes
):
    answer = as_role("owner").post(
        company.url("orders_import"), {"file": SimpleUploadedFile("a.csv", data or b" ")}
    )
    assert "file" in answer.context["form"].errors
    assert InboundEvent.objects.count() == 0


def test_a_dead_letter_is_shown_retried_and_put_away(company: Company, as_role: Callable[[str], Client]):
    client = as_role("owner")
    event = InboundEvent(
        connection=manual_connection(company.programme),
        topic="t",
        body=b"{}",
        state="dead",
        reason="“total” is not a number: x",
    )
    event.save()
    assert "total" in client.get(company.url("inbound")).content.decode()
    client.post(company.url("inbound_retry", event.pk))
    assert Job.objects.filter(kwargs__event_id=event.pk).count() == 1
    client.post(company.url("inbound_reject", event.pk), {"reason": "a test"})
    event.refresh_from_db()
    assert (event.state, event.reason) == ("rejected", "a test")


def test_the_new_address_of_the_shop_moves_all_links_and_the_old_one_still_counts(
    company: Company, as_role: Callable[[str], Client]
):
    """Row S2.11."""
    admit_partner(programme=company.programme, name="Kate", email="kate@example.org", code="kate")
    assert Link.objects.get().target_url == "https://shop.example/?aff=kate"
    answer = as_role("owner").post(
        company.url("settings"),
        {"name": "Friends", "shop_url": "https://tea.example", "mark_param": "aff", "min_payout": "0"},
    )
    assert answer.status_code == 302
    assert Link.objects.get().target_url == "https://tea.example/?aff=kate"
    company.programme.refresh_from_db()
    assert company.programme.shop_hosts == ["shop.example", "tea.example"]


def picture(size: tuple[int, int] = (1000, 500), form: str = "PNG") -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", size, "#0F5A4A").save(data, form)
    return SimpleUploadedFile("logo.png", data.getvalue())


PAGE = {"theme": "letter", "ask_phone": "required", "ask_city": "off", "landing_button": "Join us"}


def test_texts_and_a_picture_are_published(company: Company, as_role: Callable[[str], Client]):
    answer = as_role("owner").post(company.url("page"), {**PAGE, "logo": picture()})
    assert answer.status_code == 302
    programme = company.programme
    programme.refresh_from_db()
    assert (programme.landing_button, programme.form_fields) == (
        "Join us",
        {"phone": "required", "city": "off"},
    )
    with Image.open(programme.logo.path) as logo:
        assert (logo.format, logo.size) == ("WEBP", (250, 125))


@pytest.mark.parametrize("data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"\x89PNG broken"])
def test_what_is_no_picture_is_refused(company: Company, as_role: Callable[[str], Client], data: bytes):
    answer = as_role("owner").post(
        company.url("page"), {**PAGE, "logo": SimpleUploadedFile("logo.png", data)}
    )
    assert "logo" in answer.context["form"].errors
