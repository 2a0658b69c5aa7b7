"""Tags and filters of every page; they are builtins, so no `{% load %}` is needed. Described in docs/ui.md."""

from datetime import date, datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import HttpRequest
from django.template.context import Context
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from molva.web.ui import formats, pieces
from molva.web.ui.filters import address
from molva.web.ui.statuses import STATUSES, tone_of

register = template.Library()

register.simple_tag(pieces.icon, name="icon")
register.simple_tag(pieces.mark, name="mark")
register.simple_tag(pieces.sparkline, name="sparkline")
register.simple_tag(pieces.parts_bar, name="parts_bar")
register.simple_tag(pieces.heat_key, name="heat_key")
register.simple_tag(pieces.qr, name="qr")
register.filter("number", formats.number)
register.filter("percent", formats.percent)
register.filter("share_of", formats.share)
register.filter("counted", formats.counted)
register.filter("counted_word", formats.counted_word)
register.filter("initials", formats.initials)
register.filter("money_text", formats.money)
register.filter("toned", pieces.toned)
register.filter("whole_of", pieces.whole_of)


@register.filter
def money(minor: int | str | None, currency: str = "RUB") -> SafeString | str:
    """A sum with quiet kopecks; nothing for None and for an attribute that was not given."""
    if minor is None or isinstance(minor, str):
        return ""
    return pieces.money(minor, currency)


@register.filter
def money_change(minor: int, currency: str = "RUB") -> SafeString:
    """A change: «+329,40 ₽» in green, «−80,10 ₽» in red, zero without a colour."""
    tone = "plus" if minor > 0 else "minus" if minor < 0 else "zero"
    return pieces.money(minor, currency, tone, signed=True)


@register.filter
def money_signed(minor: int, currency: str = "RUB") -> SafeString:
    """A change in ink: the large sum at the head of an explanation."""
    return pieces.money(minor, currency, signed=True)


@register.filter
def money_whole(minor: int, currency: str = "RUB") -> SafeString:
    """Whole roubles with the exact sum in a tooltip: only the four overview figures."""
    exact = formats.money(minor, currency)
    return format_html(
        '<span class="money" title="{}">{}</span>', exact, formats.money_whole(minor, currency)
    )


def _time(value: date | datetime | None, text: str) -> SafeString | str:
    if value is None:
        return ""
    full = formats.moment(value) if isinstance(value, datetime) else formats.day(value)
    stamp = formats.local(value).isoformat()
    return format_html('<time datetime="{}" title="{}">{}</time>', stamp, full, text)


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """«30 сентября»; nothing for None."""
    return _time(value, formats.day(value)) if value else ""


@register.filter
def day_short(value: date | datetime | None) -> SafeString | str:
    """«30 сен»."""
    return _time(value, formats.day_short(value)) if value else ""


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """«30 сентября, 14:20»."""
    return _time(value, formats.moment(value)) if value else ""


@register.filter
def when(value: date | datetime | None) -> SafeString | str:
    """«14:20», «вчера», «30 сен»."""
    return _time(value, formats.when(value)) if value else ""


@register.simple_tag
def status(
    meaning: str, text: str | Promise = "", until: date | datetime | None = None, icon: str = ""
) -> SafeString:
    """A badge by meaning (keys of statuses.STATUSES); `until` is the day the hold ends."""
    known = STATUSES[meaning]
    if until is not None:
        text = gettext("On hold until %(day)s") % {"day": formats.day(until)}
    drawn = pieces.icon(icon or known.icon, 16)
    return format_html('<span class="badge tone-{}">{}{}</span>', known.tone, drawn, text or known.text)


@register.simple_tag
def square(icon_name: str, tone: str = "quiet", large: bool = False) -> SafeString:  # noqa: FBT001 - template flag
    """A soft square with an icon, before a row of a list."""
    drawn = pieces.icon(icon_name, 28 if large else 20)
    return format_html('<span class="square{} tone-{}">{}</span>', " square-l" if large else "", tone, drawn)


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """Initials in a circle; the colour follows the name. `size` is s, l or nothing."""
    extra = f" avatar-{size}" if size else ""
    return format_html(
        '<span class="avatar{} tone-{}" aria-hidden="true">{}</span>',
        extra,
        tone_of(name),
        formats.initials(name),
    )


@register.simple_tag
def shop_logo(name: str, url: str = "", size: str = "") -> SafeString:
    """The merchant's picture, or the first letter of the name while there is none."""
    extra = f" shop-logo-{size}" if size else ""
    if url:
        return format_html('<span class="shop-logo{}"><img src="{}" alt=""></span>', extra, url)
    return format_html('<span class="shop-logo{}" aria-hidden="true">{}</span>', extra, name[:1].upper())


@register.simple_tag(takes_context=True)
def sort_th(context: Context, label: str, key: str, num: bool = False, css: str = "") -> SafeString:  # noqa: FBT001
    """A header that sorts by `?sort=key`, then `?sort=-key`; the present order is said to screen readers."""
    request: HttpRequest = context["request"]
    present = request.GET.get("sort", "")
    is_down, is_here = present == f"-{key}", present in (key, f"-{key}")
    order = format_html(' aria-sort="{}"', "descending" if is_down else "ascending") if is_here else ""
    arrow = pieces.icon("chevron-down" if is_down else "chevron-up", 16) if is_here else ""
    return format_html(
        '<th scope="col" class="{}"{}><a href="{}">{}{}</a></th>',
        f"{'num ' if num else ''}{css}".strip(),
        order,
        address(request, sort=key if is_down else f"-{key}"),
        label,
        arrow,
    )


@register.inclusion_tag("ui/pages.html", takes_context=True)
def pages(context: Context, page: "Page[Any]") -> dict[str, Any]:
    """Pages of a list by `?page=n`, with the other parameters kept."""
    request: HttpRequest = context["request"]
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    path = address(request)
    joined = path + ("&" if "?" in path else "?") + "page="
    return {"page": page, "numbers": list(numbers), "gap": page.paginator.ELLIPSIS, "path": joined}


@register.inclusion_tag("ui/toasts.html", takes_context=True)
def toasts(context: Context) -> dict[str, Any]:
    """What views said with `flash.say`."""
    return {"messages": context.get("messages") or [], "csrf_token": context.get("csrf_token")}
