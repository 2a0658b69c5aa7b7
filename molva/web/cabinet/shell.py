"""The cabinet's frame around every page, and the decorator that every page stands behind."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from molva.programmes.models import Partner, PartnerStatus
from molva.programmes.news import has_unread
from molva.web.cabinet.access import cabinet_page, places_of
from molva.web.ui import shell as ui
from molva.workspaces.models import User


def partner_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate `view(request, partner, …)`: one's own place, in the programme's time zone.

    Whoever waits for acceptance or was refused sees that and nothing else.
    """

    @cabinet_page
    @wraps(view)
    def wrapper(request: HttpRequest, partner: Partner, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(partner.programme.timezone):
            if partner.status == PartnerStatus.PENDING:
                return page(request, partner, "cabinet/waiting.html", "today")
            if partner.status == PartnerStatus.REFUSED:
                return page(request, partner, "cabinet/refused.html", "today")
            return view(request, partner, *args, **kwargs)

    return wrapper


def page(
    request: HttpRequest,
    partner: Partner,
    template: str,
    current: str,
    context: dict[str, Any] | None = None,
    **kwargs: Any,
) -> HttpResponse:
    """Render a cabinet page: `current` is the key of its menu word."""
    shared = {
        "partner": partner,
        "programme": partner.programme,
        "currency": partner.programme.currency,
        "shell": _shell(partner, current),
    }
    return render(request, template, {**shared, **(context or {})}, **kwargs)


def _shell(partner: Partner, current: str) -> ui.CabinetShell:
    programme = partner.programme
    user = cast(User, partner.user)  # the door let a signed-in person in

    def item(key: str, label: str, icon: str, short: str = "") -> ui.NavItem:
        return ui.NavItem(key, label, icon, reverse(f"cabinet:{key}", args=[programme.code]), short=short)

    items = [
        item("today", _("Home"), "home"),
        item("links", _("Links"), "link"),
        item("codes", _("Promo codes"), "discount"),
        item("content", _("Content"), "photo"),
        item("orders", _("Orders"), "shopping-cart"),
        item("money", _("Money"), "cash-banknote"),
        item("statistics", _("Statistics"), "chart-bar"),
        item("team", _("Team"), "users-group"),
    ]
    return ui.CabinetShell(
        merchant=programme.workspace.name,
        programme=programme.name,
        reader=ui.Reader(
            partner.name or str(user),
            user.email,
            profile_url=reverse("cabinet:profile", args=[programme.code]),
            logout_url=reverse("account_logout"),
        ),
        items=items,
        bar=[one for one in items if one.key in ("today", "links", "orders", "money")],
        current=current,
        home_url=items[0].url,
        logo_url=programme.logo.url if programme.logo else "",
        accent_url=reverse("public:accent", args=[programme.code]) if programme.accent else "",
        news_url=reverse("cabinet:news", args=[programme.code]),
        has_news=has_unread(partner),
        write_url=f"mailto:{programme.support_email}" if programme.support_email else "",
        places=[
            ui.Place(
                place.programme.workspace.name,
                place.programme.name,
                reverse("cabinet:today", args=[place.programme.code]),
                place.pk == partner.pk,
            )
            for place in places_of(user)
        ],
    )
