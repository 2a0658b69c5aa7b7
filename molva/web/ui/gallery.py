"""Every component on one page, with long names, large sums, zero and minus: for eyes, for axe and for screenshots.

Served only in debug or with MOLVA_UI_GALLERY; it reads no data of anybody.
"""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.kit import clock
from molva.web.ui import errors, formats
from molva.web.ui.charts import Bars, LineChart, Series, Step, funnel, joined_parts, week_hours
from molva.web.ui.filters import read_filter
from molva.web.ui.formats import day_short
from molva.web.ui.pieces import Part
from molva.web.ui.shell import CabinetShell, NavGroup, NavItem, OfficeShell, Place, Reader, Tab
from molva.web.ui.statuses import STATUSES

LONG = "ООО «НПО «Северные травы и чайные культуры»»"
KATE = "Екатерина Преображенская-Северная"
READER = Reader("Ирина Громова", "irina@lavka.example", "#profile", "#out")
PAGES = ("office", "charts", "cabinet", "plain", "fault", "letter", "counter", "studio")


class SampleForm(forms.Form):
    """One field of each kind; `rate` and `inn` arrive with errors."""

    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("As partners will see it"))
    rate = forms.DecimalField(label=gettext_lazy("Rate"), max_value=100)
    hold = forms.IntegerField(label=gettext_lazy("Money waits for the return term"), help_text="14 = 2 × 7")
    inn = forms.CharField(label="ИНН", min_length=10)
    policy = forms.ChoiceField(
        label=gettext_lazy("Who gets the client"),
        choices=[("first", gettext_lazy("The first partner")), ("last", gettext_lazy("The last partner"))],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("For clients who came by links of two partners"),
    )
    status = forms.ChoiceField(label=gettext_lazy("Accrue when the order is"), choices=[("1", "Доставлен")])
    text = forms.CharField(label=gettext_lazy("Text"), widget=forms.Textarea, required=False)
    sliding = forms.BooleanField(label=gettext_lazy("Every order extends the term"), required=False)
    agree = forms.BooleanField(label=gettext_lazy("I accept the terms"))


def _office_shell() -> OfficeShell:
    today = NavItem("today", _("Today"), "home", "#")
    partners = NavItem("partners", _("Partners"), "users", "#")
    orders = NavItem("orders", _("Orders"), "shopping-cart", "#")
    payouts = NavItem("payouts", _("Payouts"), "cash-banknote", "#", count=17, short=_("Money"))
    people = NavGroup(_("People"), [partners, NavItem("clients", _("Clients"), "layout-board", "#")])
    money = NavGroup(_("Money"), [orders, NavItem("commissions", _("Commissions"), "receipt", "#"), payouts])
    terms = NavGroup(_("Programme"), [NavItem("terms", _("Terms"), "scale", "#")])
    return OfficeShell(
        workspace="Лесная лавка",
        programme=LONG,
        reader=READER,
        groups=[NavGroup("", [today]), people, money, terms],
        foot=[
            NavItem("settings", _("Settings"), "settings", "#"),
            NavItem("help", _("Help"), "help-circle", "#"),
        ],
        bar=[today, partners, orders, payouts],
        current="partners",
        home_url="?",
        search_url="?",
        shop_status="good",
        shop_text=_("The shop is in touch"),
        shop_url="#",
        places=[Place("Лесная лавка", LONG, "#", is_current=True), Place("Полка.Облако", "SaaS", "#")],
        news_url="#",
        has_news=True,
    )


def _cabinet_shell() -> CabinetShell:
    items = [
        NavItem("home", _("Home"), "home", "#"),
        NavItem("links", _("Links and materials"), "link", "#", short=_("Links")),
        NavItem("orders", _("Orders"), "shopping-cart", "#"),
        NavItem("money", _("Money"), "cash-banknote", "#"),
    ]
    return CabinetShell(
        merchant="Лесная лавка",
        programme=_("Partner programme"),
        reader=Reader(KATE, "kate@primer.example", "#", "#"),
        items=items,
        bar=items,
        current="home",
        home_url="?",
        write_url="#",
        news_url="#",
        has_news=True,
    )


def _chart() -> LineChart:
    today = clock.now().date()
    labels = [day_short(today - timedelta(days=29 - back)) for back in range(30)]
    wave = [3_600_000 + (place * 7 % 11) * 340_000 + place * 120_000 for place in range(30)]
    past = [value - 700_000 + (place % 4) * 90_000 for place, value in enumerate(wave)]
    series = [Series(_("these 30 days"), wave), Series(_("the 30 before"), past, is_past=True)]
    return LineChart(_("Sales through partners"), labels, series, "RUB")


def _charts() -> dict[str, Any]:
    names = [LONG, KATE, "Александр Ким", "Полка.Облако", "sevtravy", "Студия «Ветер»", "Лада", "Мёд и травы"]
    sums = [171620812, 84230600, 26811499, 26811400, 9641230, 3200000, 120050, -8010]
    hours = [[max(0, (day * 5 + hour * 7) % 19 - abs(hour - 15)) for hour in range(24)] for day in range(7)]
    pages = [
        "/collection/chai",
        "/product/ivan-chaj-s-chabretsom-i-dikoj-mjatoj-250-grammov",
        "/",
        "/page/o-nas",
    ]
    ways = [Part(name, value, "#") for name, value in zip(names, sums[:7], strict=False)]
    return {
        "bars": Bars(
            _("Sales of partners"), names, sums, urls=["#"] * 8, currency="RUB", top=5, column=_("Partner")
        ),
        "rates": Bars(
            _("Orders of a hundred clicks"), pages, [360, 295, 114, 0], ["3,6 %", "3 %", "1,1 %", "0 %"]
        ),
        "nothing": Bars(_("Sales of partners"), [], []),
        "hours": week_hours(_("Clicks by the hour"), hours),
        "quiet_hours": week_hours(_("Orders by the hour"), [[0] * 24] * 7),
        "ways": joined_parts(ways),
        "long_steps": funnel(
            [
                Step(1716208, _("clicks"), "#"),
                Step(1204331, _("visitors"), "#"),
                Step(43120, _("orders"), "#"),
                Step(39004, _("delivered"), "#"),
                Step(171620812, _("commissions"), "#", text=formats.money_whole(171620812, "RUB")),
            ]
        ),
    }


def _context(request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    rows = [
        {"name": LONG, "note": "sevtravy", "clicks": 190, "sales": 26811499, "due": 0, "state": "attention"},
        {"name": KATE, "note": "kate", "clicks": 864, "sales": 171620812, "due": 2361840, "state": "active"},
        {"name": "Александр Ким", "note": "kim", "clicks": 41, "sales": 0, "due": -8010, "state": "asleep"},
    ]
    form = SampleForm({"name": LONG, "rate": "152", "hold": "14", "inn": "770000000", "policy": "first"})
    groups = [("opt", "Опт"), ("bloggers", "Блогеры")]
    return {
        "shell": _cabinet_shell() if request.GET.get("page") == "cabinet" else _office_shell(),
        "form": form,
        "rows": rows,
        "page": Paginator(range(1306), 50).get_page(request.GET.get("n", 3)),
        "filters": [
            read_filter(request, "group", _("Group"), groups),
            read_filter(request, "state", _("State"), [("active", _("Active"))]),
        ],
        "tabs": [
            Tab(_("All"), "#", 1306, is_current=True),
            Tab(_("Applications"), "#", 12),
            Tab("Затихли", "#", 184),
        ],
        "crumbs": [(_("Terms"), "#"), (LONG, "")],
        "statuses": list(STATUSES),
        "chart": _chart(),
        "steps": funnel(
            [Step(864, _("clicks"), "#"), Step(31, _("orders"), "#"), Step(24, _("delivered"), "#")]
        ),
        "parts": [
            Part(_("Available"), 2361840, tone="1"),
            Part(_("On hold"), 1248050, tone="3"),
            Part(_("Expected"), 891200, tone="rest"),
        ],
        **_charts(),
        "values": [3, 5, 2, 8, 13, 11, 14],
        "sums": [171620812, 0, -8010, 32940],
        "merchant": "" if request.GET.get("page") == "plain" else "Лесная лавка",
        "login_url": "#",
        "long": LONG,
        "kate": KATE,
        "now": now,
        "yesterday": now - timedelta(days=1),
        "before": now - timedelta(days=70),
        "hints": [
            ("first", _("The one whose link the client opened first")),
            ("last", _("The one whose link was opened just before the order")),
        ],
    }


def show(request: HttpRequest) -> HttpResponse:
    """The gallery in the frame named by `?page=`: office by default."""
    if not (settings.DEBUG or settings.MOLVA_UI_GALLERY):
        raise Http404
    page = request.GET.get("page", "office")
    if page not in PAGES:
        raise Http404
    if page == "fault":
        return errors.server_error(request)
    return render(request, f"ui/gallery/{page}.html", _context(request) | {"theme_name": page})
