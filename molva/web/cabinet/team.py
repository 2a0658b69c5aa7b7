"""The team: the link by which a partner invites others, who came by it, what their sales bring."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from molva.kit import clock
from molva.programmes.models import Partner
from molva.programmes.queries import terms_version_at
from molva.programmes.wording import general_rule, reward_words
from molva.reports.cabinet_orders import invited_rows, list_invited, team_total
from molva.web.cabinet.shell import page, partner_page
from molva.web.ui.formats import is_russian

PER_PAGE = 25


@require_GET
@partner_page
def show(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Invited partners by name, with counts and the reader's own money: nothing of their clients."""
    programme = partner.programme
    version = terms_version_at(programme, clock.now())
    rule = general_rule(version)
    numbered = Paginator(list_invited(partner), PER_PAGE).get_page(request.GET.get("page"))
    path = reverse("public:landing", args=[programme.code])
    context = {
        "page": numbered,
        "rows": invited_rows(partner, list(numbered)),
        "total_minor": team_total(partner),
        "invite_url": f"{settings.MOLVA_URL}{path}?ref={partner.code}",
        "invite_before": f"{settings.MOLVA_URL.split('://', 1)[-1]}{path}?ref=",
        "has_levels": version.settings["levels"] > 1,
        "rate": reward_words(
            rule["reward"].get("2"),
            per=rule.get("per") or "line",
            currency=programme.currency,
            lang="ru" if is_russian() else "en",
        ),
    }
    return page(request, partner, "cabinet/team.html", "team", context)
