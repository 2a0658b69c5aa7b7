"""Writes of content: a partner registers what he has published, each thing with a link of its own (row S1.23)."""

import re
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction
from yarl import URL

from molva.kit import clock
from molva.programmes.models import Partner, Programme
from molva.tracking.errors import ContentKnown, LinkError
from molva.tracking.links import checked_page, with_mark
from molva.tracking.models import AddressState, ContentItem, ContentKind, PromoCode
from molva.tracking.services import create_link, lead_to
from molva.workspaces import journal
from molva.workspaces.models import User

ERID = "erid"  # the parameter by which an advertisement is marked
MOST_TAGS = 20
_TAG = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True)
class ContentWish:
    """What a partner says of a content item. `page_url`: where its link leads, empty for the shop."""

    title: str
    kind: str = ContentKind.VIDEO
    url: str = ""
    tags: str = ""
    published_date: date | None = None
    page_url: str = ""
    promo: PromoCode | None = None
    erid: str = ""


@transaction.atomic
def add_content(*, partner: Partner, wish: ContentWish, actor: User | Partner | None) -> ContentItem:
    """Register content and make its link. Raises LinkError (a page that is not the shop's) and ContentKnown."""
    url = checked_address(wish.url)
    _refuse_known(partner, url)
    page = _page(partner.programme, wish)
    link = create_link(partner=partner, page_url=page, name=wish.title[:120], actor=actor)
    item = ContentItem(programme=partner.programme, partner=partner, link=link)
    _write(item, wish, url)
    item.save()
    journal.record("content.added", item, actor=actor)
    return item


@transaction.atomic
def change_content(*, item: ContentItem, wish: ContentWish, actor: User | Partner) -> ContentItem:
    """Say it otherwise; the link stays and may lead elsewhere. Raises LinkError and ContentKnown."""
    url = checked_address(wish.url)
    _refuse_known(item.partner, url, but=item)
    if url != item.url:
        item.address_state, item.checked_at, item.asked_at = AddressState.NEW, None, None
        item.reason, item.failures, item.failed_date = "", 0, None
    _write(item, wish, url)
    item.save()
    item.link.name = wish.title[:120]
    if not lead_to(item.link, _page(item.programme, wish)):
        item.link.save()
    journal.record("content.changed", item, actor=actor)
    return item


@transaction.atomic
def set_archived(*, item: ContentItem, is_archived: bool, actor: User | Partner) -> None:
    """Put away or bring back; the link goes on counting, because people go on finding it."""
    if item.is_archived != is_archived:
        item.is_archived = is_archived
        item.save(update_fields=["is_archived"])
        journal.record("content.archived" if is_archived else "content.restored", item, actor=actor)


def ask_check(item: ContentItem) -> None:
    """Note that somebody waits for a look at the address."""
    item.asked_at = clock.now()
    item.save(update_fields=["asked_at"])


def checked_address(text: str) -> str:
    """A public web address made whole; empty stays empty. Raises LinkError."""
    text = text.strip()
    if not text:
        return ""
    if "://" not in text:
        text = f"https://{text.removeprefix('//')}"
    try:
        url = URL(text)
    except ValueError as error:
        raise LinkError("not_an_address") from error
    is_place = url.host and ("." in url.host or url.authority in settings.MOLVA_ALLOW_PRIVATE_HOSTS)
    if url.scheme not in {"http", "https"} or not is_place or url.user or url.password:
        raise LinkError("not_an_address")
    return str(url.with_fragment(None)) if not url.fragment.startswith(("/", "!")) else str(url)


def read_tags(text: str) -> list[str]:
    """«#чай, травы #чай» → [«чай», «травы»]: words by commas, blanks or #, each once."""
    words = (_TAG.sub("", word) for word in re.split(r"[\s,;#]+", text))
    return list(dict.fromkeys(word[:40] for word in words if word))[:MOST_TAGS]


def page_of(item: ContentItem) -> str:
    """The page that the link leads to as the partner chose it: without the mark of the advertisement."""
    page = item.link.page_url
    if not (item.erid and page):
        return page
    bare = str(URL(page).without_query_params(ERID))
    return "" if bare.rstrip("/") == item.programme.shop_url.rstrip("/") else bare


def _page(programme: Programme, wish: ContentWish) -> str:
    page = checked_page(wish.page_url, hosts=programme.shop_hosts) if wish.page_url.strip() else ""
    if not wish.erid:
        return page
    if not (page or programme.shop_url):
        raise LinkError("no_shop")
    return with_mark(page or programme.shop_url, param=ERID, mark=wish.erid)


def _write(item: ContentItem, wish: ContentWish, url: str) -> None:
    item.url, item.title, item.kind, item.promo = url, wish.title, wish.kind, wish.promo
    item.tags, item.published_date, item.erid = (
        ", ".join(read_tags(wish.tags)),
        wish.published_date,
        wish.erid.strip(),
    )


def _refuse_known(partner: Partner, url: str, *, but: ContentItem | None = None) -> None:
    known = ContentItem.objects.filter(partner=partner, url=url).exclude(pk=but.pk if but else 0)
    if url and known.exists():
        raise ContentKnown(url)
