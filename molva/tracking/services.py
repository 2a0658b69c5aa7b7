"""Writes of stage 2: links, promo codes, and recognising a customer by ids, e-mail, phone."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from molva.domain.facts import ClientKeys
from molva.kit import clock, emails, phones
from molva.programmes.models import Partner, Programme
from molva.programmes.services import update_programme
from molva.tracking.errors import CodeTaken, LinkError
from molva.tracking.links import checked_page, with_mark
from molva.tracking.models import Link, LinkKind, PromoCode
from molva.workspaces import journal
from molva.workspaces.models import User


@transaction.atomic
def create_link(
    *,
    partner: Partner,
    page_url: str = "",
    name: str = "",
    kind: str = LinkKind.LINK,
    code: str = "",
    is_main: bool = False,
    actor: User | Partner | None = None,
) -> Link:
    """A link of a partner to a page of the shop (empty: the shop's own address). Raises LinkError, CodeTaken."""
    programme = partner.programme
    page = checked_page(page_url, hosts=programme.shop_hosts) if page_url.strip() else ""
    code = code.strip() or _free_link_code(partner)
    if Link.unscoped.filter(code_folded=code.casefold()).exists():
        raise CodeTaken(code)
    link = Link(
        programme=programme,
        partner=partner,
        code=code,
        name=name,
        kind=kind,
        page_url=page,
        target_url=target_of(programme, partner, page),
        is_main=is_main,
    )
    link.save()
    journal.record("link.created", link, actor=actor)
    return link


def target_of(programme: Programme, partner: Partner, page_url: str = "") -> str:
    """Where a link leads: the page, or the shop, with the partner's mark. Raises LinkError when there is no shop."""
    page = page_url or programme.shop_url
    if not page:
        raise LinkError("no_shop")
    return with_mark(page, param=programme.mark_param, mark=partner.code)


@transaction.atomic
def main_link(partner: Partner) -> Link | None:
    """The partner's first link; made when missing; None while the programme has no shop address to lead to."""
    found = Link.objects.filter(partner=partner, is_main=True).first()
    if found or not partner.programme.shop_url:
        return found
    wish = partner.code if not Link.unscoped.filter(code_folded=partner.code_folded).exists() else ""
    return create_link(partner=partner, code=wish, is_main=True)


@transaction.atomic
def refresh_links(programme: Programme) -> int:
    """After a change of the shop's address or of the parameter: every link follows. Returns how many moved."""
    moved = 0
    for link in Link.objects.filter(programme=programme).select_related("partner"):
        target = target_of(programme, link.partner, link.page_url)
        if target != link.target_url:
            link.target_url = target
            link.save()
            moved += 1
    return moved


@transaction.atomic
def change_shop(*, programme: Programme, actor: User | None, changes: dict[str, Any]) -> int:
    """Change a programme's settings and let its links follow a new address or parameter. Returns how many moved."""
    update_programme(programme=programme, actor=actor, changes=changes)
    return refresh_links(programme) if programme.shop_url else 0


def lead_to(link: Link, page_url: str) -> bool:
    """Let a link lead to another page (checked already; empty: the shop). Returns whether that changes anything."""
    target = target_of(link.programme, link.partner, page_url)
    if (link.page_url, link.target_url) == (page_url, target):
        return False
    link.page_url, link.target_url = page_url, target
    link.save()
    return True


@transaction.atomic
def set_link_active(*, link: Link, is_active: bool, actor: User | Partner | None) -> Link:
    """Stop or resume a link; a stopped one answers politely and counts nothing."""
    link.is_active = is_active
    link.save()
    journal.record("link.resumed" if is_active else "link.stopped", link, actor=actor)
    return link


@transaction.atomic
def add_promo_code(
    *, partner: Partner, code: str, actor: User | str | None = None, valid_from: datetime | None = None
) -> PromoCode:
    """Give a partner a promo code. Raises CodeTaken when it is another partner's, or was voided."""
    programme, folded = partner.programme, code.strip().casefold()
    found = PromoCode.objects.filter(programme=programme, code_folded=folded).first()
    if found and (found.partner_id != partner.pk or found.voided_at):
        raise CodeTaken(code)
    if Partner.objects.filter(programme=programme, code_folded=folded).exclude(pk=partner.pk).exists():
        raise CodeTaken(code)
    if found:
        return found
    promo = PromoCode(
        programme=programme, partner=partner, code=code.strip(), valid_from=valid_from or clock.now()
    )
    promo.save()
    journal.record("promo_code.added", promo, actor=actor)
    return promo


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer as one record shows them: the source's id, and e-mail and phone as written."""

    id: str | None
    email: str | None
    phone: str | None
    name: str = ""

    def keys(self) -> ClientKeys:
        """What the person is recognised by; what is no e-mail or no number is no key."""
        return ClientKeys(
            id=self.id or None,
            email=emails.normalise(self.email or ""),
            phone=phones.normalise(self.phone or ""),
            shown=self.name or self.email or self.phone or "",
        )


def key_pairs(keys: ClientKeys) -> Iterator[tuple[str, str]]:
    """(kind, value) of each key that is there."""
    for kind in ("id", "email", "phone"):
        value = getattr(keys, kind)
        if value:
            yield kind, value


def _free_link_code(partner: Partner) -> str:
    base = slugify(partner.code) or "p"
    while True:
        code = f"{base}-{secrets.token_hex(2)}"
        if not Link.unscoped.filter(code_folded=code).exists():
            return code
