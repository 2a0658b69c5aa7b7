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

_PEOPLE = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36",
)
_BOT = "TelegramBot (like TwitterBot)"


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
    agent = _BOT if visit.is_bot else _PEOPLE[visit.visitor[0] % len(_PEOPLE)]
    return RawClick(
        id=click_id,
        link=link,
        partner=partner.pk,
        visitor=visit.visitor,
        flags=FLAG_BOT if visit.is_bot else 0 if link else FLAG_BEACON,
        ip=None,
        agent=agent,
        referrer=visit.referrer or None,
        extras=None if link else Extras(page=f"/?aff={partner.code}"),
    )
