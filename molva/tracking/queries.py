"""Reads of stage 2."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from molva.kit import clock
from molva.kit.bulk import any_of
from molva.kit.codes import fold
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.tracking.models import PromoCode


def partner_of_mark(programme: Programme, mark: str) -> Partner | None:
    """Whose a partner mark is: a partner's public code, or one of the promo codes (row S2.56)."""
    wanted = fold(mark)
    found = programme.partners.filter(code_folded=wanted).first()
    if found is None:
        code = (
            PromoCode.objects.filter(programme=programme, code_folded=wanted)
            .select_related("partner")
            .first()
        )
        found = code.partner if code else None
    return found


def shop_code_of(programme: Programme, mark: str) -> PromoCode | None:
    """The promo code that a partner's mark may bring into the cart: one that works in the shop and is no secret.

    The mark itself when it is such a code, else the partner's oldest.
    """
    partner = partner_of_mark(programme, mark)
    if partner is None or partner.status != PartnerStatus.ACTIVE:
        return None
    codes = PromoCode.objects.filter(
        Q(expires_date__isnull=True) | Q(expires_date__gte=clock.now().date()),
        programme=programme,
        partner=partner,
        is_active=True,
        is_private=False,
        shop_codes__state="there",
    )
    return codes.filter(code_folded=fold(mark)).first() or codes.order_by("pk").first()


def customers_seen_as(visitors: Sequence[str]) -> list[tuple[int, int]]:
    """Ids of customers and of their workspaces, each once, for visitors of any workspace, thousands at once."""
    condition, asked = any_of(visitors)
    statement = (
        f"SELECT DISTINCT customer_id, workspace_id FROM tracking_customervisitor WHERE visitor {condition}"  # noqa: S608
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [asked])
        return cursor.fetchall()
