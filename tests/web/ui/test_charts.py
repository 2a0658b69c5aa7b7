"""Charts drawn on the server: what is drawn, what the table beside says, what a screen reader hears."""

import re

import pytest
from django.utils import translation

from molva.web.ui.charts import Bars, HeatMap, Step, funnel, joined_parts, week_hours
from molva.web.ui.pieces import Part
from tests.web.ui.test_components import draw


def plain(text: str) -> str:
    """Blanks of figures as ordinary ones."""
    return text.replace("\u00a0", " ")


@pytest.fixture(autouse=True)
def _russian() -> object:
    with translation.override("ru"):
        yield


def test_the_longest_bar_is_first_and_full() -> None:
    bars = Bars("Sales", ["a", "b", "c"], [100, 400, 300], urls=["/a", "/b", "/c"], currency="RUB")
    assert [(bar.label, bar.width, bar.share, bar.url) for bar in bars.shown] == [
        ("b", "100.00", "50\u00a0%", "/b"),
        ("c", "75.00", "38\u00a0%", "/c"),
        ("a", "25.00", "12\u00a0%", "/a"),
    ]
    assert bars.rest is None
    assert plain(bars.whole) == "8,00 ₽"


def test_what_is_beyond_the_top_stands_together_and_whole_in_the_table() -> None:
    bars = Bars("Sales", list("abcd"), [1, 2, 3, 40], top=2)
    assert [bar.text for bar in bars.shown] == ["40", "3"]
    assert bars.rest is not None
    assert (bars.rest.label, bars.rest.text) == ("Остальное, 2", "3")
    assert [bar.text for bar in bars.rows] == ["40", "3", "2", "1"]


def test_a_rest_longer_than_every_bar_does_not_leave_the_box() -> None:
    bars = Bars("Sales", list("abcd"), [10, 9, 9, 9], top=1)
    assert bars.rest is not None
    assert (bars.shown[0].width, bars.rest.width) == ("37.04", "100.00")


def test_ratios_are_not_added_up() -> None:
    bars = Bars("Rate", list("abc"), [30, 20, 10], ["3 %", "2 %", "1 %"], top=2)
    assert (bars.rest, bars.whole, [bar.share for bar in bars.rows]) == (None, "", ["", "", ""])


def test_a_sum_below_zero_has_no_bar_but_its_text() -> None:
    (bar,) = Bars("Sales", ["a"], [-8010], currency="RUB").rows
    assert (bar.width, plain(bar.text)) == ("0.00", "−80,10 ₽")


def test_bars_are_drawn_with_a_table_and_a_sentence() -> None:
    html = draw("<c-bars :chart='chart' />", chart=Bars("Sales", ["<b>", "c"], [3, 1], urls=["/1", "/2"]))
    assert '<p class="sr">Sales. Больше всего: &lt;b&gt;: 3; c: 1</p>' in html
    assert html.count("<tr>") == 4
    assert html.count('href="/1"') == 2


def test_bars_of_nothing_say_so() -> None:
    html = draw("<c-bars :chart='chart' />", chart=Bars("Sales", [], []))
    assert "За это время ничего нет" in html
    assert "<svg" not in html


def test_levels_grow_with_the_value() -> None:
    heat = HeatMap("Clicks", ["Mon"], list("abcdef"), [[0, 1, 20, 21, 99, 100]])
    assert [cell.level for cell in heat.cells] == [0, 1, 1, 2, 5, 5]
    assert heat.keys == [(1, "1 – 20"), (2, "21 – 40"), (3, "41 – 60"), (4, "61 – 80"), (5, "81 – 100")]


@pytest.mark.parametrize("most", range(1, 40))
def test_the_key_of_levels_is_what_the_squares_do(most: int) -> None:
    heat = HeatMap("Clicks", ["Mon"], ["0"], [[most]])
    for level, text in heat.keys:
        for end in text.split(" – "):
            assert heat.level(int(end)) == level


def test_a_square_says_its_value_without_colour() -> None:
    heat = week_hours("Clicks", [[0] * 24 for _ in range(6)] + [[0] * 14 + [12] + [0] * 9])
    html = draw("<c-heat :chart='chart' />", chart=heat)
    assert len(re.findall(r"<rect x=.{1,80}<title>", html)) == 168
    assert "<title>Вс, 14:00: 12</title>" in html
    sizes = dict(re.findall(r'height="([\d.]+)" rx="3" class="heat-(\d)"', html))
    assert {level: float(size) for size, level in sizes.items()} == {"0": 3.36, "5": 22.56}
    assert 'aria-label="Clicks. Больше всего: Вс, 14:00: 12"' in html


def test_hours_are_a_table_of_hours_by_days() -> None:
    heat = week_hours("Clicks", [[day] * 24 for day in range(7)])
    assert [name for name, _cells in heat.table][:2] == ["0:00", "1:00"]
    assert [cell.text for cell in heat.table[5][1]] == ["0", "1", "2", "3", "4", "5", "6"]
    with translation.override("en"):
        assert week_hours("Clicks", []).rows == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def test_hours_of_nothing_say_so() -> None:
    html = draw("<c-heat :chart='chart' empty='Пока тихо' />", chart=week_hours("Clicks", [[0] * 24] * 7))
    assert "Пока тихо" in html
    assert "<svg" not in html


def test_small_parts_are_joined() -> None:
    parts = joined_parts([Part(name, value) for name, value in zip("abcdefg", range(1, 8), strict=True)])
    assert [(part.label, part.value, part.tone) for part in parts] == [
        ("g", 7, ""),
        ("f", 6, ""),
        ("e", 5, ""),
        ("d", 4, ""),
        ("c", 3, ""),
        ("Остальное, 2", 3, "rest"),
    ]


def test_parts_have_shares_in_the_list() -> None:
    html = draw("<c-parts :parts='parts' label='x' />", parts=[Part("a", 1), Part("b", 3, tone="rest")])
    assert plain(html).count("25 %") == 1
    assert '<line x1="25.00%" x2="100.00%"' in html


def test_a_step_may_be_written_as_a_sum() -> None:
    steps = funnel([Step(20, "clicks"), Step(10, "orders"), Step(171620812, "sales", text="1 716 208 ₽")])
    html = draw("<c-funnel :steps='steps' />", steps=steps)
    assert "1 716 208 ₽" in html
    assert html.count("funnel-rate") == 2
    assert html.count("от предыдущего шага") == 1  # a sum is no share of a count
