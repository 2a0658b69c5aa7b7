"""Partners of a programme: the list, a file of it, many accepted or blocked at once, a new one, an invitation."""

from collections.abc import Iterator
from itertools import chain
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from molva.commissions.admission import admit_partner
from molva.jobs import enqueue
from molva.messaging.decisions import decide_partners
from molva.messaging.letters import send_link
from molva.programmes.errors import PartnerExists
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.reports.partners import (
    TOTALS_OF,
    PartnerFigures,
    list_partners,
    partner_figures,
    partner_groups,
    partner_inviters,
    partner_totals,
    status_counts,
)
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.confirm import ask
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.lists import asked_word, exact, local_day, paged, pieces
from molva.web.office.partner_forms import PartnerForm, RefusalForm
from molva.web.office.shell import page
from molva.web.ui.filters import Filter, address, read_filter, search_word
from molva.web.ui.flash import say
from molva.web.ui.shell import Tab

DEEDS = {
    "accept": PartnerStatus.ACTIVE,
    "block": PartnerStatus.BLOCKED,
    "wait": PartnerStatus.PENDING,
    "refuse": PartnerStatus.REFUSED,
}
MOST = 500  # partners in one bulk action


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Everybody, by what is asked for in the address."""
    rows = _asked(place.programme, request.GET)
    if (answer := export_answer(request, place, "partners")) is not None:
        return answer
    shown: Page[Partner] = paged(request, rows)
    figures = partner_figures(place.programme, list(shown))
    for row in shown:
        row.figures = figures[row.pk]  # type: ignore[attr-defined]
    context = {
        "page": shown,
        "tabs": _tabs(request, place.programme),
        "filters": _filters(request, place.programme),
        "q": search_word(request),
        "totals": partner_totals(rows) if shown.paginator.count <= TOTALS_OF else None,
        **downloads(request),
        "may_edit": place.may(*RULERS),
        "is_filtered": any(request.GET.get(name) for name in ("q", "status", "group", "inviter")),
    }
    return page(request, place, "office/partners.html", "partners", context)


def _asked(programme: Programme, query: QueryDict) -> "QuerySet[Partner]":
    wish = {name: query.get(name, "") for name in ("status", "group", "inviter", "sort")}
    return list_partners(programme, search=asked_word(query), **wish)


def export(programme: Programme, query: QueryDict) -> Table:
    """The list as a file."""
    rows = _asked(programme, query)
    return Table(f"partners-{programme.code}", _header(), _cells(programme, rows), rows.count())


def _tabs(request: HttpRequest, programme: Programme) -> list[Tab]:
    counts, present = status_counts(programme), request.GET.get("status", "")
    words = {
        "": (_("All"), sum(counts.values())),
        "active": (_("Active ones"), counts.get("active", 0)),
        "pending": (_("New applications"), counts.get("pending", 0)),
        "blocked": (_("Blocked ones"), counts.get("blocked", 0)),
        "refused": (_("Refused ones"), counts.get("refused", 0)),
    }
    return [
        Tab(label, address(request, status=status or None), count, status == present)
        for status, (label, count) in words.items()
    ]


def _filters(request: HttpRequest, programme: Programme) -> list[Filter]:
    groups = [(group, group) for group in partner_groups(programme)]
    inviters = partner_inviters(programme)
    chips = [
        read_filter(request, "group", _("Group"), groups),
        read_filter(request, "inviter", _("Invited by"), inviters),
    ]
    return [chip for chip in chips if chip.choices]


def _header() -> list[str]:
    return [
        _("Code"), _("Partner's name"), _("E-mail"), _("Phone"), _("City"), _("Groups"), _("Status"), _("Since"),
        _("Invited by"), _("Customers"), _("Orders"), _("Sales"), _("Earned"), _("Available"),
    ]  # fmt: skip


def _cells(programme: Programme, rows: "QuerySet[Partner]") -> Iterator[list[object]]:
    currency = programme.currency
    for row, own in chain.from_iterable(_with_figures(programme, piece) for piece in pieces(rows)):
        inviter = row.invited_by.code if row.invited_by else ""
        yield [
            row.code, row.name, row.email, row.phone, row.city, ", ".join(row.groups),
            str(row.get_status_display()), local_day(row.joined_at), inviter, own.customers, own.orders,
            exact(own.sales_minor, currency), exact(own.earned_minor, currency),
            exact(own.available_minor, currency),
        ]  # fmt: skip


def _with_figures(programme: Programme, partners: list[Partner]) -> list[tuple[Partner, PartnerFigures]]:
    figures = partner_figures(programme, partners)
    return [(row, figures[row.pk]) for row in partners]


@office_page(*RULERS)
def bulk(request: HttpRequest, place: Place) -> HttpResponse:
    """Accept or block the ticked ones: a question first, a toast with a way back after."""
    ids = [int(pk) for pk in request.GET.get("ids", "").split(",") or [] if pk.isdecimal()]
    ids = ids or [int(pk) for pk in request.GET.getlist("pk") if pk.isdecimal()]
    deed = request.GET.get("do", "")
    back = reverse("office:partners", args=[place.programme.code])
    if request.GET.get("at") == "card" and len(ids) == 1:
        back = reverse("office:partner", args=[place.programme.code, ids[0]])
    partners = list(Partner.objects.filter(programme=place.programme, pk__in=ids[:MOST]).order_by("name"))
    if deed not in DEEDS or not partners:
        say(request, _("Tick partners first."), is_bad=True)
        return redirect(back)
    form = RefusalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        former = {partner.status for partner in partners if partner.status != DEEDS[deed]}
        changed = decide_partners(
            partners=partners, status=DEEDS[deed], actor=place.user, reason=form.cleaned_data["reason"]
        )
        _tell(request, place, deed, changed, former)
        return redirect(back)
    if deed == "refuse":
        context = {"form": form, "partners": partners, "back": back}
        return page(request, place, "office/partners_refuse.html", "partners", context)
    return _ask(request, deed, partners, back)


def _ask(request: HttpRequest, deed: str, partners: list[Partner], back: str) -> HttpResponse:
    n = len(partners)
    if deed == "block":
        title = ngettext("Block %(n)d partner?", "Block %(n)d partners?", n) % {"n": n}
        text = _(
            "New orders of their clients will earn them nothing. What is available can still be paid out."
        )
        yes = ngettext("Block %(n)d", "Block %(n)d", n) % {"n": n}
    else:
        title = ngettext("Accept %(n)d partner?", "Accept %(n)d partners?", n) % {"n": n}
        text = _("They get a working link, a letter about it and, if the terms give any, welcome money.")
        yes = ngettext("Accept %(n)d", "Accept %(n)d", n) % {"n": n}
    names = ", ".join(str(partner) for partner in partners[:10]) + ("…" if n > 10 else "")
    return ask(
        request, title=title, text=f"{text} ({names})", yes=yes, no_url=back, is_danger=deed == "block"
    )


def _tell(request: HttpRequest, place: Place, deed: str, changed: list[Partner], former: set[str]) -> None:
    n = len(changed)
    words = {
        "accept": ngettext("%(n)d partner is active", "%(n)d partners are active", n),
        "block": ngettext("%(n)d partner is blocked", "%(n)d partners are blocked", n),
        "wait": ngettext("%(n)d partner waits again", "%(n)d partners wait again", n),
        "refuse": ngettext("%(n)d application is refused", "%(n)d applications are refused", n),
    }
    undo = ""
    back = {"active": "accept", "blocked": "block", "pending": "wait"}
    if changed and len(former) == 1 and former <= back.keys():  # one way back fits all of them
        ids = ",".join(str(partner.pk) for partner in changed)
        at = {"at": "card"} if request.GET.get("at") == "card" else {}
        query = urlencode({"do": back[next(iter(former))], "ids": ids, **at})
        undo = f"{reverse('office:partners_bulk', args=[place.programme.code])}?{query}"
    say(request, words[deed] % {"n": n}, undo_url=undo)


@office_page(*RULERS)
def add(request: HttpRequest, place: Place) -> HttpResponse:
    """A partner by hand, and the public page to which anybody can be invited."""
    programme = place.programme
    initial = {"inviter": request.GET.get("inviter", "")}
    form = PartnerForm(request.POST or None, programme=programme, initial=initial)
    del form.fields["note"]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        place_data = {name: data[name] for name in ("name", "email", "phone", "city", "groups")}
        try:
            with transaction.atomic():
                partner = admit_partner(
                    programme=programme, actor=place.user, invited_by=data["inviter"], status=PartnerStatus.ACTIVE,
                    **place_data,
                )  # fmt: skip
                if partner.email:
                    enqueue(send_link, workspace_id=programme.workspace_id, partner_id=partner.pk)
        except PartnerExists:
            form.add_error("email", _("Another partner of this programme has this e-mail."))
        else:
            words = _("%(name)s is a partner now. The link works already.") % {"name": partner}
            if partner.email:
                words = _("%(name)s is a partner now. The link goes to %(email)s.") % {
                    "name": partner,
                    "email": partner.email,
                }
            say(request, words)
            return redirect("office:partner", programme.code, partner.pk)
    context = {
        "form": form,
        "invitation": f"{settings.MOLVA_URL}{reverse('public:landing', args=[programme.code])}",
    }
    return page(request, place, "office/partner_add.html", "partners", context)
