"""The link doctor: what is wrong with an address that a partner published, and the same address repaired. Read-only.

Pages that carry the mark badly still open, so nobody notices until the orders are missing.
"""

import html
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from yarl import URL

from molva.programmes.models import Partner
from molva.tracking.errors import LinkError
from molva.tracking.links import PAGE_PARAM, checked_page, page_on, with_mark
from molva.tracking.models import Link

# What people wrap addresses in, and what a sentence leaves at their end.
_AROUND = " \t\r\n\u00a0\u200b<>«»\"'“”„`()[]{}"
_AFTER = ".,;:!…"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`fault` is empty when the address counts; else its kind. `repaired` is empty when nothing can be offered.

    Faults: empty, not_an_address, foreign_host, no_shop, no_mark, other_mark, broken_mark, in_anchor, twice, wrapped,
    link_unknown, link_other, link_stopped, link_page, no_scheme.
    """

    fault: str
    repaired: str = ""
    host: str = ""

    @property
    def is_well(self) -> bool:
        """Whether visits to this address are counted for the partner."""
        return not self.fault


def examine(text: str, partner: Partner) -> Diagnosis:
    """Look at an address as it was pasted."""
    address, is_wrapped = _unwrap(text)
    if not address:
        return Diagnosis("empty")
    if _is_tracker(address):
        return _examine_link(address, partner, is_wrapped=is_wrapped)
    programme = partner.programme
    try:
        page = checked_page(address, hosts=programme.shop_hosts)
    except LinkError as error:
        is_name = "." in error.host and not set(error.host) & set(" %_")
        fault = "not_an_address" if error.kind == "foreign_host" and not is_name else error.kind
        return Diagnosis(fault, host=error.host)
    bare = _without_marks(page, programme.mark_param)
    repaired = with_mark(bare, param=programme.mark_param, mark=partner.code)
    fault = _fault(page, partner)
    if not fault and is_wrapped:
        fault = "wrapped"
    if not fault and "://" not in address:
        fault = "no_scheme"
    return Diagnosis(fault, repaired if fault else "")


def _unwrap(text: str) -> tuple[str, bool]:
    """The address without what stands around it, and whether that would have broken it."""
    inner = text.strip(_AROUND).rstrip(_AFTER).strip(_AROUND)
    plain = html.unescape(inner)
    return plain, plain != text.strip()


def _fault(page: str, partner: Partner) -> str:
    """The first thing wrong with the mark of a page of the shop."""
    param = partner.programme.mark_param
    url = URL(page)
    values = url.query.getall(param, [])
    if not values:
        if re.search(_pattern(param), unquote(url.raw_fragment)):
            return "in_anchor"
        return "broken_mark" if re.search(_pattern(param), unquote(page)) else "no_mark"
    if len(values) > 1:
        return "twice"
    code = values[0]
    if code.casefold() == partner.code_folded:
        # a second mark hides where a second «?» or an anchor begins
        rest = unquote(page).lower().count(f"{param.lower()}=")
        return "twice" if rest > 1 else ""
    return "broken_mark" if partner.code_folded in code.casefold() or not code.strip() else "other_mark"


def _pattern(param: str) -> str:
    return rf"(?i)(?:^|[^\w]){re.escape(param)}\s*="


def _without_marks(page: str, param: str) -> str:
    """The page with every trace of a mark taken out: from parameters, path and anchor; all else stays."""
    trace = re.compile(rf"(?i)[?&]\s*{re.escape(param)}\s*=[^&?#/]*/?")
    head, hash_sign, anchor = page.partition("#")
    anchor = trace.sub("", re.sub(rf"(?i)^{re.escape(param)}\s*=[^&]*&?", "", anchor))
    path, mark, query = head.partition("?")
    path = trace.sub("", path)
    if mark:
        pieces = [piece for piece in re.split(r"[&?]", query) if piece]
        kept = [
            piece for piece in pieces if unquote(piece).partition("=")[0].strip().lower() != param.lower()
        ]
        path += f"?{'&'.join(kept)}" if kept else ""
    return path + (f"{hash_sign}{anchor}" if anchor else "")


def _is_tracker(address: str) -> bool:
    """Whether it is one of our short addresses."""
    ours = urlsplit(settings.MOLVA_TRACKER_URL).netloc.lower()
    text = address if "://" in address else f"//{address}"
    try:
        found = urlsplit(text)
    except ValueError:
        return False
    return found.netloc.lower() == ours and found.path.startswith("/r/")


def _examine_link(address: str, partner: Partner, *, is_wrapped: bool) -> Diagnosis:
    text = address if "://" in address else f"//{address}"
    code = unquote(urlsplit(text).path.removeprefix("/r/")).strip("/")
    link = Link.objects.filter(programme=partner.programme, code_folded=code.casefold()).first()
    main = Link.objects.filter(partner=partner, is_main=True).first()
    offered = f"{settings.MOLVA_TRACKER_URL}/r/{main.code}" if main else ""
    if link is None:
        return Diagnosis("link_unknown", offered)
    if link.partner_id != partner.pk:
        return Diagnosis("link_other", offered)
    if not link.is_active:
        return Diagnosis("link_stopped", offered if main and main.is_active else "")
    repaired = f"{settings.MOLVA_TRACKER_URL}/r/{link.code}"
    if not _leads_into_shop(text, link, partner.programme.shop_hosts):
        return Diagnosis("link_page", repaired)
    if is_wrapped:
        return Diagnosis("wrapped", repaired)
    return Diagnosis("" if "://" in address else "no_scheme", "" if "://" in address else repaired)


def _leads_into_shop(address: str, link: Link, hosts: Collection[str]) -> bool:
    """Whether the page that a short address asks for, if it does, is one of the shop's."""
    wishes = parse_qs(urlsplit(address).query).get(PAGE_PARAM)
    try:
        return not wishes or bool(page_on(link.target_url, wishes[0], hosts=hosts))
    except LinkError:
        return False
