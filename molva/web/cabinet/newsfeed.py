"""News of the programme behind the bell: opening the list takes the unread marks off."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from molva.programmes.models import Partner
from molva.programmes.news import has_unread, mark_read, news_for
from molva.web.cabinet.shell import page, partner_page

A_PAGE = 20


@require_GET
@partner_page
def show(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The list; what was unread until now is marked this once."""
    seen = partner.news_seen_at or partner.joined_at
    shown = Paginator(news_for(partner), A_PAGE).get_page(request.GET.get("page"))
    if has_unread(partner):
        mark_read(partner)
        partner.refresh_from_db(fields=["news_seen_at"])
    return page(request, partner, "cabinet/news.html", "today", {"page": shown, "seen": seen})
