"""Components and tags: what a page writes and what comes out."""

import re
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from molva.web.ui import pieces
from molva.web.ui.charts import LineChart, Series, Step, funnel
from molva.web.ui.filters import read_filter, search_word
from molva.web.ui.statuses import STATUSES
from tests.house.tree import ROOT


def draw(source: str, **context: Any) -> str:
    """A template rendered in Russian, blanks between tags squeezed."""
    context.setdefault("request", RequestFactory().get("/list/"))
    # Cotton reads components when a template is loaded, so the test does as its loader.
    from django_cotton.compiler_regex import CottonCompiler  # noqa: PLC0415 - only here

    with translation.override("ru"):
        html = Template(CottonCompiler().process(source)).render(Context(context))
    return re.sub(r"\s+", " ", html).replace("> <", "><").strip()


def test_money_has_quiet_kopecks() -> None:
    assert draw("{{ sum|money:'RUB' }}", sum=123456) == (
        '<span class="money">1\u00a0234<span class="kop">,56\u00a0₽</span></span>'.replace("\u00a0", " ")
    )


@pytest.mark.parametrize(("sum_", "tone"), [(1, "plus"), (0, "zero"), (-1, "minus")])
def test_a_change_has_one_colour(sum_: int, tone: str) -> None:
    assert f'class="money money-{tone}"' in draw("{{ sum|money_change:'RUB' }}", sum=sum_)


@pytest.mark.parametrize("meaning", sorted(STATUSES))
def test_a_status_has_an_icon_and_a_word(meaning: str) -> None:
    html = draw("{% status meaning %}", meaning=meaning)
    assert f"#{STATUSES[meaning].icon}" in html
    with translation.override("ru"):
        assert str(STATUSES[meaning].text) in html
    assert not str(STATUSES[meaning].text).isspace()


def test_an_icon_without_a_label_is_silent_and_with_one_speaks() -> None:
    assert 'aria-hidden="true"' in draw('{% icon "bell" %}')
    assert 'role="img" aria-label="Новости"' in draw('{% icon "bell" 22 "Новости" %}')


def test_an_unknown_icon_is_refused() -> None:
    with pytest.raises(ValueError, match="not in icons"):
        pieces.icon("dragon")


def test_every_icon_of_the_list_is_in_the_sprite() -> None:
    sprite = (ROOT / "molva/web/ui/static" / pieces.SPRITE).read_text(encoding="utf-8")
    assert set(re.findall(r'<symbol id="([^"]+)"', sprite)) == pieces.ICONS


def test_a_button_is_a_link_or_a_button() -> None:
    assert draw('<c-button href="/x/" kind="primary">Go</c-button>') == (
        '<a href="/x/" class="btn btn-primary " >Go</a>'
    )
    assert draw('<c-button name="act" value="1">Go</c-button>') == (
        '<button type="submit" class="btn " name="act" value="1">Go</button>'
    )


def test_receipt_lines_and_total() -> None:
    html = draw(
        '<c-receipt title="Sum" :total="total" total_label="To you">'
        '<c-receipt.line name="Tea" :minor="15930">1 062 × 15 %</c-receipt.line>'
        '<c-receipt.line name="Delivery" :minor="0" /></c-receipt>',
        total=15930,
    )
    assert html.count("receipt-dots") == 2
    assert html.count("receipt-zero") == 1
    assert "159" in html
    assert "1 062 × 15 %" in html


def test_path_marks_the_future() -> None:
    html = draw(
        '<c-path><c-path.stop title="Now" main="1" /><c-path.stop title="Then" future="1" /></c-path>'
    )
    assert html.count("stop-main") == 1
    assert html.count("stop-future") == 1


def test_a_link_card_copies_and_works_without_a_script() -> None:
    html = draw('<c-link-card :url="url" promo="KATE10" />', url="https://shop.example/?aff=kate&x=1")
    assert 'data-copy="#my-link"' in html
    assert '<noscript><input class="input" readonly value="https://shop.example/?aff=kate&amp;x=1"' in html
    assert "KATE10" in html


def test_texts_are_escaped_everywhere() -> None:
    html = draw(
        '<c-card :title="bad"><c-person :name="bad" /><c-empty :title="bad" /></c-card>{% avatar bad %}'
        "{% status 'good' bad %}",
        bad="<script>alert(1)</script>",
    )
    assert "<script>" not in html


def test_filters_live_in_the_address() -> None:
    request = RequestFactory().get("/list/", {"group": "opt", "page": "3", "q": " чай "})
    chip = read_filter(request, "group", "Группа", [("opt", "Опт"), ("blog", "Блогеры")])
    assert chip.chosen is not None
    assert chip.chosen.label == "Опт"
    assert chip.clear_url == "/list/?q=+%D1%87%D0%B0%D0%B9+"
    assert search_word(request) == "чай"
    assert read_filter(request, "state", "Состояние", [("a", "A")]).chosen is None


def test_sorting_turns_round() -> None:
    first = draw('<table><tr>{% sort_th "Заказы" "orders" num=True %}</tr></table>')
    assert 'href="/list/?sort=-orders"' in first
    assert "aria-sort" not in first
    request = RequestFactory().get("/list/", {"sort": "-orders", "page": "2"})
    again = draw('{% sort_th "Заказы" "orders" %}', request=request)
    assert 'aria-sort="descending"' in again
    assert 'href="/list/?sort=orders"' in again


def test_pages_keep_the_other_parameters() -> None:
    request = RequestFactory().get("/list/", {"q": "чай", "page": "2"})
    html = draw("{% pages page %}", page=Paginator(range(120), 50).get_page(2), request=request)
    assert "?q=%D1%87%D0%B0%D0%B9&amp;page=3" in html
    assert "51–100 из 120" in html
    assert draw("{% pages page %}", page=Paginator(range(3), 50).get_page(1)) == ""


def test_a_chart_is_also_a_table_and_a_sentence() -> None:
    chart = LineChart("Sales", ["1 May", "2 May"], [Series("now", [100, 250])], "RUB")
    html = draw('<c-chart :chart="chart" />', chart=chart)
    assert html.count("<tr>") == 3
    assert "Sales. now: от 1,00 ₽ до 2,50 ₽, больше всего 2,50 ₽".replace(" ₽", " ₽") in html


def test_a_funnel_shows_the_share_of_the_step_before() -> None:
    with translation.override("ru"):
        steps = funnel([Step(864, "clicks"), Step(31, "orders"), Step(24, "delivered")])
    assert [step.rate.replace("\u00a0", " ") for step in steps] == ["", "3,6 %", "77 %"]


def test_a_sparkline_of_nothing_is_a_flat_line() -> None:
    assert 'points="4.0,24.0 92.0,24.0"' in pieces.sparkline([0, 0])
    assert 'points=""' in pieces.sparkline([])
    assert "<circle" not in pieces.sparkline([])


def test_a_sparkline_says_its_ends_and_its_top() -> None:
    assert 'aria-label="от 3 до 5, больше всего 1 200"' in draw("{% sparkline values %}", values=[3, 1200, 5])
    assert 'aria-label="Week"' in draw("{% sparkline values label='Week' %}", values=[1])


def test_the_bar_of_parts_adds_up() -> None:
    html = pieces.parts_bar([pieces.Part("a", 1), pieces.Part("b", 3), pieces.Part("c", 0)])
    assert re.findall(r'width="([\d.]+)%" height="12" class="part-', html) == ["25.00", "75.00"]
