"""Small pieces of HTML and SVG made in Python: icons, the mark, sparklines, bars of parts, QR codes.

Everything is drawn with presentation attributes and classes: the content security policy forbids inline styles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import segno
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from molva.web.ui import formats

ICONS = frozenset((Path(__file__).parent / "icons.txt").read_text().split())
SPRITE = "vendor/tabler/icons.svg"

HEAT_SIZES = (14, 36, 52, 66, 80, 94)  # side of a square by level, in per cents of its place

MARK_BUBBLE = (
    "M9 2h14a7 7 0 0 1 7 7v10a7 7 0 0 1-7 7H12.5c-1.7 2.6-4.5 4.2-8.3 4.2 1.4-1.5 2.2-3.3 2.2-5"
    "A7 7 0 0 1 2 19V9a7 7 0 0 1 7-7z"
)
MARK_FIRST = "M9 20.5v-6.9a3.5 3.5 0 0 1 7 0v6.9"
MARK_SECOND = "M16 13.6a3.5 3.5 0 0 1 7 0v6.9"


def icon(name: str, size: int = 18, label: str = "") -> SafeString:
    """One icon of the sprite; with a label it speaks to screen readers, without one it is silent."""
    return _icon(name, size, str(label), static(SPRITE))


@lru_cache(maxsize=1024)
def _icon(name: str, size: int, label: str, sprite: str) -> SafeString:
    if name not in ICONS:
        raise ValueError(f"icon {name!r} is not in icons.txt")
    title = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" width="{}" height="{}" {}><use href="{}#{}"/></svg>',
        " icon-fine" if size <= 18 else "",
        size,
        size,
        title,
        sprite,
        name,
    )


def money(minor: int, currency: str, tone: str = "", *, signed: bool = False) -> SafeString:
    """A sum with quiet kopecks. Tables show hundreds: the parts are digits and signs only, so nothing is escaped."""
    loud, quiet = formats.money_parts(minor, currency, signed=signed)
    css = f"money money-{tone}" if tone else "money"
    return mark_safe(f'<span class="{css}">{loud}<span class="kop">{quiet}</span></span>')  # noqa: S308 - see above


def mark(size: int = 28, extra: str = "") -> SafeString:
    """Molva's mark: a bubble with «м» of two arches; minimum 16 px."""
    return format_html(
        '<svg class="mark {}" width="{}" height="{}" viewBox="0 0 32 32" aria-hidden="true">'
        '<path class="mark-bubble" d="{}"/>'
        '<path class="mark-second" d="{}" stroke-width="3" stroke-linecap="round"/>'
        '<path class="mark-first" d="{}" stroke-width="3" stroke-linecap="round"/></svg>',
        extra,
        size,
        size,
        MARK_BUBBLE,
        MARK_SECOND,
        MARK_FIRST,
    )


def sparkline(values: Sequence[int], width: int = 96, height: int = 28, label: str = "") -> SafeString:
    """A line of the values with a dot at the last, zero at the bottom; without a label it says its ends and its top."""
    top = max([*values, 1])
    step = (width - 8) / max(len(values) - 1, 1)
    points = [
        (f"{4 + index * step:.1f}", f"{height - 4 - max(value, 0) * (height - 8) / top:.1f}")
        for index, value in enumerate(values)
    ]
    last = format_html('<circle cx="{}" cy="{}" r="2.5"/>', *points[-1]) if points else ""
    return format_html(
        '<svg class="spark" width="{}" height="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<polyline points="{}"/>{}</svg>',
        width,
        height,
        width,
        height,
        label or spark_words(values),
        " ".join(f"{x},{y}" for x, y in points),
        last,
    )


def spark_words(values: Sequence[int]) -> str:
    """A sparkline for those who do not see it: «from 3 to 14, most 14»."""
    if not values:
        return gettext("no data")
    ends = {"first": values[0], "last": values[-1], "most": max(values)}
    return gettext("from %(first)s to %(last)s, most %(most)s") % {
        name: formats.number(value) for name, value in ends.items()
    }


def heat_key(level: int) -> SafeString:
    """The square of a level of the heat map, for the list of what they mean."""
    side = HEAT_SIZES[level] * 14 // 100
    return format_html(
        '<svg width="14" height="14" aria-hidden="true">'
        '<rect x="{}" y="{}" width="{}" height="{}" rx="2" class="heat-{}"/></svg>',
        (14 - side) / 2,
        (14 - side) / 2,
        side,
        side,
        level,
    )


@dataclass(frozen=True)
class Part:
    """One part of a whole: the bar shows its share, the list under it its name and sum."""

    label: str
    value: int
    url: str = ""
    tone: str = ""  # "1".."5" or "rest"; by default the place in the order


def toned(parts: Sequence[Part]) -> list[tuple[str, Part]]:
    """Each part with the chart colour it takes: the sixth and later are the rest."""
    return [
        (part.tone or (str(place) if place <= 5 else "rest"), part) for place, part in enumerate(parts, 1)
    ]


def whole_of(parts: Sequence[Part]) -> int:
    """The sum of the parts that can be drawn."""
    return sum(max(part.value, 0) for part in parts)


def parts_bar(parts: Sequence[Part], label: str = "") -> SafeString:
    """One 12 px bar of the parts with gaps between them."""
    whole = whole_of(parts) or 1
    drawn, gaps, left = [], [], 0.0
    for tone, part in toned(parts):
        width = max(part.value, 0) * 100 / whole
        if width:
            drawn.append(_part(tone, left, width))
            gaps.append((f"{left:.2f}",))
        left += width
    return format_html(
        '<svg class="parts" width="100%" height="12" role="img" aria-label="{}">{}{}</svg>',
        label,
        format_html_join("", "{}", [(one,) for one in drawn]),
        format_html_join("", '<rect x="{}%" width="2" height="12" class="part-gap"/>', gaps[1:]),
    )


def _part(tone: str, left: float, width: float) -> SafeString:
    if (
        tone == "rest"
    ):  # hatching is a thick line with dashes: it needs no pattern, so no id that two bars would share
        return format_html(
            '<line x1="{}%" x2="{}%" y1="6" y2="6" class="part-rest"/>', f"{left:.2f}", f"{left + width:.2f}"
        )
    return format_html(
        '<rect x="{}%" width="{}%" height="12" class="part-{}"/>', f"{left:.2f}", f"{width:.2f}", tone
    )


@lru_cache(maxsize=256)
def qr(text: str, scale: int = 4) -> SafeString:
    """A QR code as inline SVG, black on white whatever the theme: cameras expect that."""
    code = segno.make(text, error="m", micro=False)
    drawn = code.svg_inline(
        scale=scale, border=3, dark="#1B2420", light="#FFFFFF", svgclass="qr", lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 - segno writes only path data and numbers
