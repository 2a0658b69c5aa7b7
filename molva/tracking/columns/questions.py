"""What may be asked of the raw clicks, whoever answers: the hot day files, DuckDB over sealed days, ClickHouse.

Counts by day, hour, partner and link of any length come from the rollups and never need this. The raw clicks answer
what no rollup could hold: the partner's own tags, referrers, UTM, devices, countries, and hours of any time.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

Dimension = Literal[
    "day",  # of the question's zone, YYYY-MM-DD
    "hour",  # of the zone, YYYY-MM-DD HH
    "weekday_hour",  # of the zone, «0-00» (Monday, midnight) … «6-23»
    "partner",  # Partner.pk
    "link",  # Link.pk; 0: the bare partner parameter on a page of the shop
    "sub1", "sub2", "sub3", "sub4", "sub5",
    "referrer",  # host, without «www.»
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
    "device",  # phone, tablet, computer, other
    "country",  # ISO 3166 letters; empty where no geographic file is given
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClickQuestion:
    """How many clicks, split and narrowed. Moments are aware; the period is half open: `start ≤ moment < end`."""

    programme: int
    start: datetime
    end: datetime
    zone: ZoneInfo
    by: tuple[Dimension, ...] = ()  # empty: one row of the whole
    where: Mapping[Dimension, str] = field(default_factory=dict)  # the empty text asks for «not given»
    partners: Collection[int] | None = None  # None: all of the programme
    limit: int = 1000  # rows with the most clicks


class ClickCount(NamedTuple):
    """One row. `keys` follow `by`, as text; the empty text means «not given»."""

    keys: tuple[str, ...]
    clicks: int  # by people
    visitors: int  # different ones in this row's whole period
    bots: int  # machines, previews, prefetches, frames: never a touch


class Answer(NamedTuple):
    """Rows, the most clicks first, and from which moment on raw clicks were there to be asked (None: all of them)."""

    rows: list[ClickCount]
    known_from: datetime | None


class ClickColumns(Protocol):
    """One store of raw clicks."""

    def count(self, question: ClickQuestion) -> Answer:
        """Answer a question; days whose raw clicks are gone are left out and told by `known_from`."""

    def describe(self, click_ids: Collection[int], dimension: Dimension) -> dict[int, str]:
        """The same word as `count` gives, for single clicks (those of orders); unknown ids are left out."""
