"""Making promo codes in the office: a preview first, then all at once, progress, refusals, requests of partners."""

import pytest

from molva.jobs.models import Job, JobState
from molva.programmes.services import update_programme
from molva.tracking.models import CodeRequest, PromoCode
from molva.workspaces.models import Event
from tests.web.office_codes.conftest import FORM, Firm, MakeCode


def codes() -> list[tuple[str, str]]:
    return list(PromoCode.objects.order_by("pk").values_list("partner__code", "code"))


def test_nothing_is_made_before_it_was_seen(firm: Firm):
    url = firm.url("codes_make")
    answer = firm.owner.post(url, {**FORM, "sure": "1", "seen": "something else"})
    assert [one.code for one in answer.context["plan"]] == ["ANNA10", "BORIS10"]
    assert codes() == []
    sure = {**FORM, "sure": "1", "seen": answer.context["print"]}
    made = firm.owner.post(url, sure)
    assert made["Location"] == firm.url("codes_progress", FORM["batch"])
    # the same form once more: a double click makes nothing twice
    assert firm.owner.post(url, {**sure, "seen": "x"}).status_code == 200
    assert codes() == [("anna", "ANNA10"), ("boris", "BORIS10")]


def test_progress_is_shown_with_pause_and_refusals(firm: Firm):
    firm.shop.add_row("code", code="ANNA10", discount="5", type_id=1)
    url = firm.url("codes_make")
    form = {**FORM, "pattern": "{name}10"}
    seen = firm.owner.post(url, form).context["print"]
    firm.owner.post(url, {**form, "seen": seen, "sure": "1"})
    progress = firm.url("codes_progress", FORM["batch"])
    state = firm.owner.get(progress).context["state"]
    assert (state.done, state.total) == (0, 2)
    Job.objects.filter(dedupe=f"codes-{firm.programme.pk}").update(
        state=JobState.READY, run_after="2099-01-01T00:00:00Z"
    )
    assert "It goes on at" in firm.owner.get(progress).content.decode().replace(
        "it goes on at", "It goes on at"
    )
    firm.bring()
    answer = firm.owner.get(progress)
    state = answer.context["state"]
    assert (state.done, [one.code for one in state.refused]) == (2, ["ANNA10"])
    assert "ANNA10-2" in answer.content.decode()
    assert firm.owner.get(firm.url("codes_progress", "unknown")).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"discount": ""}, "discount"),
        ({"discount": "101"}, "discount"),
        ({"discount": "10.005"}, "discount"),
        ({"discount_kind": "sum", "discount": "0"}, "discount"),
        ({"pattern": "{who}10"}, "pattern"),
        ({"pattern": "со скидкой"}, "pattern"),
        ({"whom": "chosen", "partners": "anna, nobody"}, "partners"),
        ({"whom": "group", "group": "empty"}, "whom"),
        ({"count": "0"}, "count"),
        ({"batch": "x"}, "batch"),
    ],
)
def test_wrong_wishes_are_refused_at_their_field(firm: Firm, change: dict[str, str], field: str):
    form = firm.owner.post(firm.url("codes_make"), {**FORM, **change}).context["form"]
    assert field in form.errors
    assert codes() == []


def test_a_spelling_known_to_be_taken_gets_a_number(firm: Firm, make_code: MakeCode):
    make_code("ANNA10")
    answer = firm.owner.post(firm.url("codes_make"), {**FORM, "batch": "f" * 16})
    assert [(one.code, one.wanted) for one in answer.context["plan"]] == [
        ("ANNA10-2", "ANNA10"), ("BORIS10", ""),
    ]  # fmt: skip


def test_partners_without_a_code_are_found(firm: Firm, make_code: MakeCode):
    make_code("ANNA10")
    answer = firm.owner.post(firm.url("codes_make"), {**FORM, "whom": "without", "batch": "f" * 16})
    assert [one.partner.code for one in answer.context["plan"]] == ["boris"]


def test_a_partner_asks_and_the_manager_grants(firm: Firm):
    cabinet = firm.browser(firm.anna.user)
    assert cabinet.post(firm.cabinet("codes"), {"wanted": "3", "note": "Ярмарка"}).status_code == 302
    assert cabinet.post(firm.cabinet("codes"), {"wanted": "1"}).status_code == 422  # one question at a time
    asked = CodeRequest.objects.get()
    assert "Ярмарка" in firm.owner.get(firm.url("code_requests")).content.decode()
    url = f"{firm.url('codes_make')}?request={asked.pk}"
    initial = firm.owner.get(url).context["form"].initial
    assert (initial["partners"], initial["count"]) == ("anna", 3)
    form = {
        **FORM,
        "whom": "chosen",
        "partners": "anna",
        "count": "3",
        "pattern": "{name}-{n}",
        "limit": "total",
    }
    seen = firm.owner.post(url, form).context["print"]
    firm.owner.post(url, {**form, "seen": seen, "sure": "1"})
    asked.refresh_from_db()
    assert (asked.state, asked.granted) == ("granted", 3)
    assert codes() == [("anna", "ANNA-1"), ("anna", "ANNA-2"), ("anna", "ANNA-3")]
    assert Event.objects.get(kind="promo_code.granted").partner_id == firm.anna.pk
    assert firm.owner.get(url).status_code == 404  # answered already


def test_a_request_is_declined_with_words(firm: Firm):
    cabinet = firm.browser(firm.anna.user)
    cabinet.post(firm.cabinet("codes"), {"wanted": "3"})
    asked = CodeRequest.objects.get()
    assert firm.owner.post(firm.url("code_decline", asked.pk), {"answer": ""}).status_code == 200
    firm.owner.post(firm.url("code_decline", asked.pk), {"answer": "После праздников"})
    assert "После праздников" in cabinet.get(firm.cabinet("codes")).content.decode()


def test_a_new_partner_gets_a_code_by_himself_when_the_programme_says_so(firm: Firm):
    from molva.commissions.admission import admit_partner  # noqa: PLC0415

    url = firm.url("codes_auto")
    wish = {"is_on": "on", "pattern": "{name}", "discount_kind": "sum", "discount": "300", "limit": "client"}
    assert firm.owner.post(url, wish).status_code == 302
    firm.programme.refresh_from_db()
    assert firm.owner.get(url).context["form"].initial["discount"] == 300
    admit_partner(programme=firm.programme, name="Вера Зимина", email="vera@example.org", code="v1")
    firm.bring()
    row = firm.in_shop("VERA")
    assert row is not None
    assert (row["type_id"], row["discount"], row["act_once_for_client"]) == (2, "300.0", True)
    update_programme(programme=firm.programme, actor=None, changes={"auto_code": {}})
    admit_partner(programme=firm.programme, name="Глеб", email="gleb@example.org", code="g1")
    assert codes() == [("v1", "VERA")]
