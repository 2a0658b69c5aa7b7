"""Where a partner comes in: the redirector to the first programme, and the first page of a programme."""

from dataclasses import dataclass
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from molva.kit import clock
from molva.ledger.queries import PartnerBalance
from molva.programmes.models import Partner
from molva.programmes.queries import planned_terms, terms_version_at
from molva.reports.cabinet import Funnel, Overview, has_any_click, news, overview
from molva.reports.cabinet_links import list_promo_codes, public_address, shown_parts
from molva.reports.cabinet_orders import list_invited
from molva.tracking.services import main_link
from molva.web.cabinet.access import places_of
from molva.web.cabinet.news import tell
from molva.web.cabinet.share import sheet
from molva.web.cabinet.shell import page, partner_page
from molva.web.ui.charts import Step, funnel
from molva.web.ui.formats import counted, counted_word, money, since
from molva.web.ui.pieces import Part
from molva.workspaces.models import User


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing to do now."""

    title: str
    text: str
    action: str
    url: str


@login_required
def first(request: HttpRequest) -> HttpResponse:
    """The cabinet of the person's first programme; whoever is no partner goes where they work."""
    places = places_of(cast(User, request.user))
    return redirect("cabinet:today", places[0].programme.code) if places else redirect("public:root")


@require_GET
@partner_page
def today(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Money first, then the link, one next step and what changed."""
    figures = overview(partner)
    link = main_link(partner)
    before, code = shown_parts(link) if link else ("", "")
    codes = list_promo_codes(partner)
    plans = planned_terms(partner.programme, clock.now())
    context = {
        "figures": figures,
        "plan_since": since(plans[0].valid_from) if plans else "",
        "available_words": available_words(partner, figures),
        "parts": _parts(partner, figures),
        "link": link,
        "link_url": public_address(link) if link else "",
        "link_before": before,
        "link_code": code,
        **(sheet(partner, link) if link else {}),
        "promo": codes[0].code if codes else "",
        "step": next_step(partner, figures, has_link=link is not None),
        "pieces": tell(news(partner), partner),
        "funnel": funnel(_steps(partner, figures.funnel)),
        "funnel_days": counted(figures.funnel.days, "day"),
    }
    return page(request, partner, "cabinet/today.html", "today", context)


def available_words(partner: Partner, figures: Overview) -> str:
    """What happens next to the available money."""
    balance, programme = figures.balance, partner.programme
    if balance.available < 0:
        return _("More was returned than was left here. The next accruals cover it first")
    if balance.in_payout:
        return _("%(sum)s more is on its way to you") % {"sum": money(balance.in_payout, programme.currency)}
    if not balance.available:
        return _("Here the money comes when its hold is over")
    left = programme.min_payout_minor - balance.available
    if left > 0:
        return _("Paid out from %(least)s. To go: %(left)s") % {
            "least": money(programme.min_payout_minor, programme.currency),
            "left": money(left, programme.currency),
        }
    return _("Goes into the next payout: the manager sends it")


def _parts(partner: Partner, figures: Overview) -> list[Part]:
    balance: PartnerBalance = figures.balance
    url = reverse("cabinet:money", args=[partner.programme.code])
    return [
        Part(_("Available"), max(balance.available, 0), f"{url}?status=available", "1"),
        Part(_("On hold"), balance.held, f"{url}?status=held", "3"),
        Part(_("Expected"), figures.expected.amount_minor, f"{url}?status=expected", "rest"),
    ]


def _steps(partner: Partner, figures: Funnel) -> list[Step]:
    code = partner.programme.code
    orders = reverse("cabinet:orders", args=[code])
    return [
        Step(figures.clicks, counted_word(figures.clicks, "click"), reverse("cabinet:links", args=[code])),
        Step(figures.orders, counted_word(figures.orders, "order"), f"{orders}?level=1"),
        Step(figures.earning, _("with an accrual"), reverse("cabinet:money", args=[code])),
    ]


def next_step(partner: Partner, figures: Overview, *, has_link: bool) -> NextStep | None:
    """The nearest thing that brings the partner on; None while the shop gives nothing to lead to."""
    code = partner.programme.code
    links = reverse("cabinet:links", args=[code])
    if not has_link:
        return None
    if not has_any_click(partner):
        return NextStep(
            _("Send the link to one friend"),
            _("Open it yourself first: you see the page that your friend will see."),
            _("To the links"),
            links,
        )
    if not figures.funnel.orders:
        return NextStep(
            _("Lead straight to the thing you praise"),
            _("A link to the very page of the goods is bought from more often than one to the front page."),
            _("Make such a link"),
            f"{links}#new",
        )
    if (
        terms_version_at(partner.programme, clock.now()).settings["levels"] > 1
        and not list_invited(partner).exists()
    ):
        return NextStep(
            _("Invite somebody who also tells"),
            _("From what partners invited by you sell, a part is yours as well."),
            _("To the team"),
            reverse("cabinet:team", args=[code]),
        )
    return NextStep(
        _("Look which link works best"),
        _("Give each place where you tell about the shop a link of its own, and the clicks will show."),
        _("To the links"),
        links,
    )
