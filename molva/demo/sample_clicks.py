"""Clicks of the sample life: day files as the tracker writes them, then the product's own loader."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from molva.demo.sample_plan import Visit
from molva.domain.click_id import make_click_id, make_token
from molva.kit.clock import to_micros
from molva.programmes.models import Partner
from molva.tracking import clickfile
from molva.tracking.clickfile import FLAG_BEACON, FLAG_BOT, Extras, RawClick
from molva.tracking.ingest import click_folder, ingest_clicks
from molva.tracking.keys import token_key
from molva.tracking.models import Link

_CHROME, _SAFARI = "AppleWebKit/537.36 (KHTML, like Gecko)", "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Chrome/141.0.0.0 Mobile Safari/537.36"
_YANDEX = f"Mozilla/5.0 (Linux; arm_64; Android 14; 23090RA98G) {_CHROME} YaBrowser/25.8 Mobile Safari/537.36"
_IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {_SAFARI} Version/18.5 Mobile/15E148 Safari/604.1"
_WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Chrome/141.0.0.0 Safari/537.36"
_MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Version/18.5 Safari/605.1.15"
_IPAD = f"Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) {_SAFARI} Version/17.6 Mobile/15E148 Safari/604.1"
_TABLET = f"Mozilla/5.0 (Linux; Android 13; SM-X200) {_CHROME} Chrome/141.0.0.0 Safari/537.36"
# as often as they stand here
_PEOPLE = (
    *(_ANDROID, _ANDROID, _YANDEX, _IPHONE, _IPHONE, _ANDROID),
    *(_WINDOWS, _WINDOWS, _MAC, _IPAD, _YANDEX, _TABLET),
)
_BOTS = ("TelegramBot (like TwitterBot)", "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)")
# The words of the partner's share sheet, by where the click came from; what a post was about stands in sub2.
_PLACES = {
    "https://vk.com/": "vk",
    "https://t.me/": "telegram",
    "https://dzen.ru/": "dzen",
    "https://www.youtube.com/": "youtube",
    "": "mail",
}
_POSTS = ("ivan-chay", "autumn-tea", "honey", "gift-box", "morning")


def store_visits(visits: Sequence[Visit], partners: Mapping[str, Partner]) -> dict[bytes, str]:
    """Write and load the clicks; returns the token `mv` that each visitor got."""
    links: dict[int, list[tuple[datetime, int]]] = {}  # the main one first, then those of content
    known = Link.objects.filter(partner__in=[one.pk for one in partners.values()])
    for link in known.filter(Q(is_main=True) | Q(content__isnull=False)).order_by("-is_main", "pk"):
        links.setdefault(link.partner_id, []).append((link.created_at, link.pk))
    key = token_key()
    clicks: list[RawClick] = []
    tokens: dict[bytes, str] = {}
    for number, visit in enumerate(sorted(visits, key=lambda one: one.at)):
        # a microsecond each keeps two clicks of one second apart
        click_id = make_click_id(to_micros(visit.at) + number)
        tokens[visit.visitor] = make_token(click_id, visit.visitor, key)
        clicks.append(_raw(visit, click_id, partners[visit.partner], links))
    clickfile.store_clicks(click_folder(), sorted(clicks))
    while ingest_clicks():
        pass
    return tokens


def _raw(
    visit: Visit, click_id: int, partner: Partner, links: Mapping[int, Sequence[tuple[datetime, int]]]
) -> RawClick:
    known = links.get(partner.pk, [])
    own = [pk for place, (made_at, pk) in enumerate(known) if not place or made_at <= visit.at]
    link = own[visit.visitor[1] % len(own)] if own and (visit.by_link or visit.is_bot) else 0
    agents = _BOTS if visit.is_bot else _PEOPLE
    return RawClick(
        id=click_id,
        link=link,
        partner=partner.pk,
        visitor=visit.visitor,
        flags=FLAG_BOT if visit.is_bot else 0 if link else FLAG_BEACON,
        ip=None,
        agent=agents[visit.visitor[0] % len(agents)],
        referrer=visit.referrer or None,
        extras=_extras(visit) if link else Extras(page=f"/?aff={partner.code}"),
    )


def _extras(visit: Visit) -> Extras | None:
    """The partner's tags and UTM of a followed link: two of three carry tags, one of four UTM."""
    place = _PLACES.get(visit.referrer)
    post = _POSTS[visit.visitor[1] % len(_POSTS)]
    if not place or visit.visitor[2] % 3 == 0:
        return None
    utm = f"utm_source={place}&utm_medium=post&utm_campaign={post}" if visit.visitor[3] % 8 < 3 else None
    return Extras(sub1=place, sub2=post if visit.visitor[4] % 2 else None, utm=utm)
