"""The office's frame around every page: menus with counts, the state of the shop, the other programmes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from molva.integrations import subscriptions
from molva.integrations.attention import Attention, attention
from molva.web.office.access import Place, places_of
from molva.web.ui import shell as ui


def page(
    request: HttpRequest,
    place: Place,
    template: str,
    current: str,
    context: dict[str, Any] | None = None,
    **kwargs: Any,
) -> HttpResponse:
    """Render an office page: `current` is the key of its menu word."""
    seen = attention(place.programme)
    return render(
        request,
        template,
        {
            "place": place,
            "programme": place.programme,
            "shell": _shell(place, current, seen),
            **(context or {}),
        },
        **kwargs,
    )


def _shell(place: Place, current: str, seen: Attention) -> ui.OfficeShell:
    def item(key: str, label: str, icon: str, count: int = 0, short: str = "") -> ui.NavItem:
        return ui.NavItem(
            key, label, icon, reverse(f"office:{key}", args=[place.programme.code]), count, short
        )

    today = item("today", _("Today"), "home")
    partners = item("partners", _("Partners"), "users", seen.waiting_partners)
    orders = item("orders", _("Orders"), "shopping-cart")
    payouts = item("payouts", _("Payouts"), "cash-banknote", seen.waiting_payouts)
    groups = [
        ui.NavGroup("", [today]),
        ui.NavGroup(
            _("People"),
            [
                partners,
                item("customers", _("Customers"), "user-circle"),
                item("codes", _("Promo codes"), "discount"),
                item("content", _("Content"), "photo"),
            ],
        ),
        ui.NavGroup(
            _("Money"),
            [
                orders,
                item("commissions", _("Commissions"), "receipt"),
                payouts,
                item("figures", _("Reports"), "chart-bar"),
            ],
        ),
        ui.NavGroup(
            _("Programme"),
            [
                item("terms", _("Terms"), "scale"),
                item("page", _("Page and forms"), "speakerphone"),
                item("news", _("News"), "bell"),
                item(
                    "shop",
                    _("Shop"),
                    "building-store",
                    seen.dead_letters + seen.findings + seen.waiting_shops,
                ),
            ],
        ),
    ]
    foot = [
        item("self_test", _("Self-test"), "test-pipe"),
        item("members", _("Staff"), "id"),
        item("history", _("History"), "history"),
        item("jobs", _("Background work"), "activity", seen.dead_jobs),
        item("settings", _("Settings"), "settings"),
    ]
    if subscriptions.is_on():
        foot.insert(0, item("subscription", _("Subscription"), "cash-banknote"))
    status, text = _shop_state(seen)
    return ui.OfficeShell(
        workspace=place.workspace.name,
        programme=place.programme.name,
        reader=ui.Reader(str(place.user), place.user.email, logout_url=reverse("account_logout")),
        groups=groups,
        foot=foot,
        bar=[today, partners, orders, payouts],
        current=current,
        home_url=today.url,
        search_url=reverse("office:search", args=[place.programme.code]),
        shop_status=status,
        shop_text=text,
        shop_url=reverse("office:shop", args=[place.programme.code]),
        logo_url=place.programme.logo.url if place.programme.logo else "",
        places=[
            ui.Place(
                workspace.name,
                programme.name,
                reverse("office:today", args=[programme.code]),
                programme.pk == place.programme.pk,
            )
            for workspace, programme in places_of(place.user)
        ],
    )


def _shop_state(seen: Attention) -> tuple[str, str]:
    """Status key and words about the shop's connection; nothing for a programme that has no shop."""
    if seen.shop_state == "active":
        return "active", _("The shop is connected")
    if seen.shop_state == "broken":
        return "broken", _("The shop does not answer")
    return "", ""
