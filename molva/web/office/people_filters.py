"""The chip «Partner» of a list: chosen by a link from elsewhere or from those who have most to do with the list."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from molva.programmes.models import Partner, Programme
from molva.web.ui.filters import Filter, read_filter

MOST = 30


def partner_filter(
    request: HttpRequest, programme: Programme, *, also: list[tuple[str, str]] | None = None
) -> list[Filter]:
    """By code; of a large programme the newest partners are offered, any other comes by the address."""
    partners = Partner.objects.filter(programme=programme).order_by("-joined_at")
    values = [(code, name or code) for code, name in partners.values_list("code", "name")[:MOST]]
    present = request.GET.get("partner", "")
    if present and present not in dict([*values, *(also or [])]):
        values += list(Partner.objects.filter(programme=programme, code=present).values_list("code", "name"))
    chip = read_filter(
        request, "partner", _("Partner"), [*(also or []), *sorted(values, key=lambda pair: pair[1])]
    )
    return [chip] if chip.choices else []
