"""Sharing a link: ready words for each place where partners tell, each with an address of its own, so that clicks show
which place works (row S1.53)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from molva.programmes.models import Partner
from molva.reports.cabinet_links import list_promo_codes, picture_address, public_address
from molva.tracking.models import Link
from molva.tracking.services import main_link
from molva.web.cabinet.shell import page, partner_page

CARD = "card"  # the mark of clicks from the printed card


@dataclass(frozen=True, slots=True)
class Words:
    """The words for one place; the address follows them."""

    icon: str
    label: Callable[[], str]
    said: Callable[[], str]
    opens: str = ""  # the place's own window for sharing, with {url} and {text}


# By the mark that the address carries as sub1. Names of the shop and the promo code are put in.
_PLACES: dict[str, Words] = {
    "telegram": Words(
        "brand-telegram",
        lambda: _("Telegram"),
        lambda: _("I buy at “%(shop)s” and can vouch for it. Look here:"),
        "https://t.me/share/url?url={url}&text={text}",
    ),
    "vk": Words(
        "brand-vk",
        lambda: _("VK"),
        lambda: _("A shop I come back to: “%(shop)s”. Have a look:"),
        "https://vk.com/share.php?url={url}&title={text}",
    ),
    "max": Words(
        "message", lambda: _("MAX"), lambda: _("You asked where I buy it: at “%(shop)s”. Here is the link:")
    ),
    "mail": Words(
        "mail",
        lambda: _("E-mail"),
        lambda: _("Hello! I promised to tell you where I buy: at “%(shop)s”. Here is the link:"),
        "mailto:?body={text}%20{url}",
    ),
    "avito": Words(
        "tag",
        lambda: _("Avito"),
        lambda: _("I tell only about what I have tried. All of it is at “%(shop)s”:"),
    ),
    "blog": Words(
        "file-text",
        lambda: _("Blog or channel"),
        lambda: _("Readers ask where I take the things I write about. Mostly at “%(shop)s”, by this link:"),
    ),
    "group": Words(
        "users-group",
        lambda: _("Groups: “who knows a good shop?”"),
        lambda: _("I can recommend “%(shop)s”, I order there myself:"),
    ),
    "repost": Words(
        "repeat", lambda: _("Under a repost"), lambda: _("Tried it, it is as they write. I took it here:")
    ),
}


@dataclass(frozen=True, slots=True)
class Share:
    """Ready to be given to one place."""

    key: str
    icon: str
    label: str
    address: str
    text: str
    opens: str


@require_GET
@partner_page
def show(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Every place with its words; `?link=` shares another link than the main one."""
    link = _chosen(request, partner)
    context = {"places": shares(partner, link), **sheet(partner, link)}
    return page(request, partner, "cabinet/share.html", "links", context)


@require_GET
@partner_page
def card(request: HttpRequest, partner: Partner) -> HttpResponse:
    """A card to print: the picture for cameras, the address, the promo code."""
    link = _chosen(request, partner)
    codes = list_promo_codes(partner)
    context = {
        "share_link": link,
        "card_url": picture_address(link, sub1=CARD),
        "shown": public_address(link).split("://", 1)[-1],
        "promo": codes[0].code if codes else "",
    }
    return page(request, partner, "cabinet/card.html", "links", context)


def _chosen(request: HttpRequest, partner: Partner) -> Link:
    wish = request.GET.get("link", "")
    if wish:
        pk = int(wish) if wish.isdecimal() and len(wish) < 19 else 0
        return get_object_or_404(Link, partner=partner, pk=pk)
    link = main_link(partner)
    if link is None:
        raise Http404
    return link


def sheet(partner: Partner, link: Link) -> dict[str, Any]:
    """What the short sheet shows: the picture, the places nearest to hand, one text."""
    ready = shares(partner, link)
    return {
        "share_link": link,
        "share_url": public_address(link),
        "share_picture": picture_address(link),
        "share_shown": public_address(link).split("://", 1)[-1],
        "share_near": ready[:3],
        "share_text": ready[0],
        "share_query": "" if link.is_main else f"?link={link.pk}",
    }


def shares(partner: Partner, link: Link) -> list[Share]:
    """The words for each place, in the reader's language."""
    codes = list_promo_codes(partner)
    shop = partner.programme.workspace.name
    return [_share(key, words, link, shop, codes[0].code if codes else "") for key, words in _PLACES.items()]


def _share(key: str, words: Words, link: Link, shop: str, promo: str) -> Share:
    address, said = marked(link, key), words.said() % {"shop": shop}
    text = f"{said} {address}"
    if promo:
        text += "\n" + _("My promo code: %(code)s") % {"code": promo}
    opens = words.opens.format(url=quote(address, safe=""), text=quote(said, safe=""))
    return Share(key, words.icon, words.label(), address, text, opens)


def marked(link: Link, mark: str) -> str:
    """The link with the mark of a place: it stands as `sub1` with every click."""
    return f"{public_address(link)}?sub1={mark}"
