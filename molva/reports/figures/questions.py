"""What may be asked, and which figures have a meaning for which view: the table that docs/reports.md repeats.

A view (`by`) splits the figures, filters (`where`) narrow them. A new view is one line in VIEWS and, if orders carry
its mark, one cut of `commissions.models.Cut`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from molva.commissions.models import Cut
from molva.programmes.models import Programme
from molva.reports.figures.values import Figures
from molva.reports.period import Period
from molva.tracking.columns.questions import Dimension

MOST = 1000  # rows of a view that has no natural end; the others are told together
TEAM = "~team"  # key of what a partner gets from orders that are not his own
REST = "~rest"


@dataclass(frozen=True, slots=True)
class View:
    """How figures are split. `cut`: the sums of orders by it; `raw`: its name among raw clicks, if they know it."""

    cut: Cut
    raw: Dimension | None = None
    has_clicks: bool = True
    has_commission: bool = True
    is_time: bool = False
    column: str = ""  # of OrderFigure


VIEWS: dict[str, View] = {
    "day": View(Cut.WHOLE, "day", is_time=True, column="day"),
    "week": View(Cut.WHOLE, "day", is_time=True, column="day"),
    "month": View(Cut.WHOLE, "day", is_time=True, column="day"),
    "hour": View(Cut.HOUR, "weekday_hour", has_commission=False),
    "partner": View(Cut.PARTNER, "partner", column="partner_id"),
    "link": View(Cut.LINK, "link", column="link_key"),
    "sub1": View(Cut.SUB1, "sub1", column="sub1"),
    "sub2": View(Cut.SUB2, "sub2", column="sub2"),
    "sub3": View(Cut.SUB3, "sub3", column="sub3"),
    "sub4": View(Cut.SUB4, "sub4", column="sub4"),
    "sub5": View(Cut.SUB5, "sub5", column="sub5"),
    "referrer": View(Cut.REFERRER, "referrer", column="referrer"),
    "utm_source": View(Cut.UTM_SOURCE, "utm_source", column="utm_source"),
    "utm_medium": View(Cut.UTM_MEDIUM, "utm_medium", column="utm_medium"),
    "utm_campaign": View(Cut.UTM_CAMPAIGN, "utm_campaign", column="utm_campaign"),
    "device": View(Cut.DEVICE, "device", column="device"),
    "country": View(Cut.COUNTRY, "country", column="country"),
    "code": View(Cut.CODE, has_clicks=False, column="code"),
    "product": View(Cut.PRODUCT, has_clicks=False, has_commission=False),
    "customer": View(Cut.KIND, has_clicks=False, column="is_new"),
}
FILTERS = tuple(name for name, view in VIEWS.items() if not view.is_time and name != "hour")
PLAIN = frozenset({"partner", "link"})  # filters that the kept sums of clicks know


@dataclass(frozen=True, slots=True)
class FigureQuestion:
    """Figures of a programme. `where`: by view the key (partners and links by id, «not given» is the empty text).

    `sort`: a name of `values.NAMES`, with «-» the largest first; time has its own order unless asked. `first` and
    `size` cut a page out of the rows (size 0: all of them, MOST at the most).
    """

    programme: Programme
    period: Period
    by: str = "day"
    where: Mapping[str, str] = field(default_factory=dict)
    compare: bool = False
    sort: str = ""
    first: int = 0
    size: int = 0

    @property
    def view(self) -> View:
        """How it is split."""
        return VIEWS[self.by]

    @property
    def partner(self) -> int | None:
        """Whose figures, when only one partner's are asked for."""
        return int(self.where["partner"]) if "partner" in self.where else None


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A row. `key`: a day (of a week and a month the first one) or a text; `label` and `note` for people."""

    key: str | date
    figures: Figures
    before: Figures | None = None
    label: str = ""
    note: str = ""
    code: str = ""  # of the partner or the link, for addresses


@dataclass(frozen=True, slots=True)
class FigureReport:
    """The answer. `rows` are the page asked for of `count`; `rest` is what stands beyond MOST rows, together."""

    question: FigureQuestion
    rows: list[FigureRow]
    total: Figures
    before: Figures | None
    count: int
    rest: Figures | None = None
    known_from: datetime | None = None  # raw clicks are known from this moment only
    no_answer: str = (
        ""  # why raw clicks gave none («slow», «large», «away»): figures of clicks are left out then
    )
