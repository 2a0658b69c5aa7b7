"""Reads of stage 2."""

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
    """The promo code that a partner's mark may bring into the cart: an active one that the shop knows, the oldest."""
    partner = partner_of_mark(programme, mark)
    if partner is None or partner.status != PartnerStatus.ACTIVE:
        return None
    codes = PromoCode.objects.filter(programme=programme, partner=partner, is_active=True)
    return codes.exclude(external_id="").order_by("pk").first()
