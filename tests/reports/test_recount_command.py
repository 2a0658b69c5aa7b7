"""`molva recount`: a figure that drifted is put right by the operator, and what cannot be counted is said."""

from click.testing import CliRunner

from molva.audit import run_checks
from molva.commissions.models import DayFigure, OrderFigure
from molva.config.recounting import recount
from molva.tracking.models import IngestMark
from tests.commissions.conftest import Shop


def test_a_drifted_figure_is_found_and_put_right(shop: Shop) -> None:
    shop.order("1001", status="delivered", codes=("boris",))
    OrderFigure.objects.update(revenue_minor=1)
    DayFigure.objects.filter(cut=0).delete()
    assert {breach.invariant for breach in run_checks()} == {"I2"}
    answer = CliRunner().invoke(recount, ["--programme", shop.programme.code])
    assert answer.exit_code == 0
    assert f"{shop.programme.code}: orders of 1 customers counted\n" in answer.output
    assert run_checks() == []


def test_an_unknown_programme_and_a_day_without_clicks_are_said(shop: Shop) -> None:
    unknown = CliRunner().invoke(recount, ["--programme", "nobody"])
    assert (unknown.exit_code, unknown.output) == (1, "Error: there is no programme nobody\n")
    empty = CliRunner().invoke(recount, ["--day", "2026-10-01"])
    assert (empty.exit_code, empty.output) == (0, "2026-10-01: 0 rows put right\n")
    IngestMark.objects.create(file="clicks-20261001.db", last_click_id=1 << 40)
    gone = CliRunner().invoke(recount, ["--day", "2026-10-01"])
    assert gone.exit_code == 1
    assert "the raw clicks are kept no longer" in gone.output
