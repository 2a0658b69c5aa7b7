"""Evidence on an order, pure: every sign that may name a partner, where it stood, which are taken, why others are not.

A shop's own cookies tell the first and the last visit without any script of ours: the entry page, its query, the page
before it. Our script adds a click token in a field of the order or a cookie; a promo code stands in the discounts.
Marks of other programmes are seen and shown, never claimed and never decided by.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from molva.domain.inbound import InboundMarks

MARK_PARAM = "aff"
TOKEN_PARAM = "mv"  # noqa: S105  the name of a parameter, not a secret
MOST = 40
_LONGEST = 200
_SHORT_LINK = "/r/"

# Words in addresses by which other programmes and paid ads know their visitors.
OTHERS = {
    "admitad_uid": "Admitad",
    "tagtag_uid": "Admitad",
    "actionpay": "Actionpay",
    "advcake": "AdvCake",
    "advcake_params": "AdvCake",
    "gsaid": "GdeSlon",
    "_gs_ref": "GdeSlon",
    "prx": "CityAds",
    "yclid": "Yandex Direct",
    "ymclid": "Yandex Market",
    "rb_clickid": "VK Ads",
    "gclid": "Google Ads",
    "gbraid": "Google Ads",
    "wbraid": "Google Ads",
    "msclkid": "Microsoft Ads",
}
_LAST = ("current_location", "query", "referer")
_PAID_MEDIA = {"cpa", "cpc", "cpm", "cpo", "ppc", "paid"}


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: its kind (code, token, mark, short_link, other, no_visit), where it stood, what it says.

    `taken`: it takes part in the decision. `why`: same, weaker, unreadable, nobody, other, other_later, no_visit.
    """

    what: str
    where: str
    value: str
    taken: bool = False
    why: str = ""
    page: str = "/"
    name: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What is ours: words that name a partner in an address, the present one first; hosts of our short links."""

    params: Sequence[str]
    own_hosts: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an order's signs come to: the token that counts, the address that speaks for a partner, all the signs."""

    token: str | None
    landing: str | None
    signs: list[Sign]

    def stored(self) -> list[dict[str, Any]]:
        """The signs as the order keeps them."""
        return [
            {key: value for key, value in asdict(sign).items() if value not in ("", False) and key != "page"}
            for sign in self.signs[:MOST]
        ]


def weigh(
    marks: InboundMarks,
    *,
    policy: str,
    words: Words,
    is_genuine: Callable[[str], bool],
    partner_of: Callable[[Sign], str | None],
) -> Weighed:
    """Weigh everything. `is_genuine` proves a token; `partner_of` says whom a mark or a short link names.

    Of marks the first that names somebody is taken, in the order of `policy`; when none does, the first of all.
    """
    signs = [Sign("code", "discount", code[:_LONGEST], taken=True) for code in marks.codes]
    token, proved = _tokens(marks, is_genuine)
    landing, named = _landing(list(_named(marks, policy, words)), partner_of)
    # a code is typed at the checkout, after every visit; a token in the order's field may be of an old click
    ours_in_last = bool(marks.codes) or any(sign.taken and sign.where in _LAST for sign in (*proved, *named))
    is_later = bool(token or landing) and not ours_in_last
    signs += [*proved, *named, *_others(marks, words, is_later=is_later)]
    signs += [Sign("no_visit", where, value[:_LONGEST], why="no_visit") for where, value in marks.dropped]
    return Weighed(token, landing, signs)


def tokens_of(marks: InboundMarks) -> Iterator[str]:
    """Click tokens, best evidence first: what our script wrote, then the last entry page, then the first."""
    return (value for _where, value in _placed_tokens(marks))


def outside_hosts(marks: InboundMarks, own_hosts: Collection[str]) -> list[str]:
    """Hosts of the pages before the shop, the last visit first, that are neither the shop's nor ours."""
    hosts = [_split(page).netloc.lower() for page in (marks.last_referer, marks.first_referer) if page]
    return list(dict.fromkeys(host for host in hosts if host and host not in own_hosts))


def _tokens(marks: InboundMarks, is_genuine: Callable[[str], bool]) -> tuple[str | None, list[Sign]]:
    best, signs = None, []
    for where, value in _placed_tokens(marks):
        why = "unreadable" if not is_genuine(value) else "same" if value == best else "weaker" if best else ""
        best = best or (value if not why else None)
        signs.append(Sign("token", where, value[:_LONGEST], taken=not why, why=why))
    return best, signs


def _placed_tokens(marks: InboundMarks) -> Iterator[tuple[str, str]]:
    places = [*marks.token_places, *["field"] * len(marks.tokens)]
    yield from zip(places, marks.tokens, strict=False)
    pages = {"current_location": marks.last_location, "first_current_location": marks.first_location}
    for where, page in pages.items():
        for key, value in _pairs(page):
            if key == TOKEN_PARAM and value:
                yield where, value


def _visits(marks: InboundMarks, policy: str) -> list[tuple[str, str | None]]:
    """Where a mark may stand, the visit that speaks first by the policy at the beginning."""
    first = [
        ("first_current_location", marks.first_location),
        ("first_query", marks.first_query),
        ("first_referer", marks.first_referer),
    ]
    last = [
        ("current_location", marks.last_location),
        ("query", marks.last_query),
        ("referer", marks.last_referer),
    ]
    return [*last, *first] if policy == "last" else [*first, *last]


def _named(marks: InboundMarks, policy: str, words: Words) -> Iterator[Sign]:
    """Marks and short links of ours in every visit; a promo code or an old alias as the mark is a mark."""
    for where, page in _visits(marks, policy):
        if not page:
            continue
        given = dict(
            reversed(_pairs(page, is_query="query" in where))
        )  # of a word that stands twice the first counts
        mark = next((given[word] for word in words.params if given.get(word)), None)
        parts = _split(page)
        if mark:
            path = parts.path or "/"
            yield Sign("mark", where, mark[:_LONGEST], page=path if where.endswith("location") else "/")
        elif where.endswith("referer") and parts.netloc.lower() in words.own_hosts:
            code = parts.path.removeprefix(_SHORT_LINK).strip("/")
            if parts.path.startswith(_SHORT_LINK) and code:
                yield Sign("short_link", where, code[:_LONGEST])


def _landing(named: list[Sign], partner_of: Callable[[Sign], str | None]) -> tuple[str | None, list[Sign]]:
    """The sign that speaks for a partner, as `/page?aff=MARK` whatever the programme's word is.

    So a later change of that word never changes what was decided.
    """
    if not named:
        return None, []
    is_one = len({(sign.what, sign.value) for sign in named}) == 1 and named[0].what == "mark"
    partners = [sign.value if is_one else partner_of(sign) for sign in named]
    chosen = next((place for place, partner in enumerate(partners) if partner), None)
    if chosen is None:  # nobody knows them today; a code may be given to a partner later
        chosen = next((place for place, sign in enumerate(named) if sign.what == "mark"), None)
    told = []
    for place, sign in enumerate(named):
        is_taken = place == chosen
        is_same = chosen is not None and partners[place] and partners[place] == partners[chosen]
        why = "" if is_taken else "same" if is_same else "weaker" if partners[place] else "nobody"
        told.append(Sign(sign.what, sign.where, sign.value, is_taken, why, sign.page))
    if chosen is None:
        return None, told
    mark = partners[chosen] if named[chosen].what == "short_link" else named[chosen].value
    return f"{named[chosen].page}?{urlencode({MARK_PARAM: mark})}", told


def _others(marks: InboundMarks, words: Words, *, is_later: bool) -> Iterator[Sign]:
    """Marks of other programmes and paid ads: shown beside ours, and said when they came after it."""
    seen: set[str] = set()
    for where, key, value, name in _foreign(marks, words):
        text = f"{key}={value}"[:_LONGEST]
        why = "other_later" if is_later and where in _LAST and text not in seen else "other"
        if text not in seen or where == "cookie":
            yield Sign("other", where, text, why=why, name=name)
        seen.add(text)


def _foreign(marks: InboundMarks, words: Words) -> Iterator[tuple[str, str, str, str]]:
    """(place, word, value, whose) of each, the first visit before the last."""
    for where, page in _visits(marks, "first"):
        pairs = _pairs(page, is_query="query" in where)
        for key, value in pairs:
            if key in OTHERS and value and key not in words.params:
                yield where, key, value, OTHERS[key]
        told = dict(pairs)
        if told.get("utm_medium", "").lower() in _PAID_MEDIA:
            yield where, "utm_medium", told["utm_medium"], (told.get("utm_source") or told["utm_medium"])[:60]
    for key, value in marks.cookies:
        if key in OTHERS and value:
            yield "cookie", key, value, OTHERS[key]


def _pairs(page: str | None, *, is_query: bool = False) -> list[tuple[str, str]]:
    if not page:
        return []
    try:
        return parse_qsl(page.lstrip("?") if is_query else _split(page).query, keep_blank_values=True)
    except ValueError:
        return []


def _split(page: str) -> SplitResult:
    try:
        return urlsplit(page)
    except ValueError:
        return SplitResult("", "", "", "", "")
