"""Links: what a partner gives to friends, how often it was opened, a new one for any page, the doctor."""

from collections.abc import Callable

import segno
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from molva.programmes.models import Partner
from molva.reports.cabinet_doctor import examine
from molva.reports.cabinet_links import (
    bare_clicks,
    list_links,
    list_promo_codes,
    picture_address,
    public_address,
    shown_parts,
)
from molva.tracking.errors import CodeTaken, LinkError
from molva.tracking.models import Link
from molva.tracking.services import create_link, main_link, set_link_active
from molva.web.cabinet.shell import page, partner_page
from molva.web.ui.flash import say

MOST_LINKS = 500  # a person does not need more; a robot would

_FAULTS: dict[str, Callable[[], str]] = {
    "empty": lambda: _("Paste an address"),
    "not_an_address": lambda: _("This is not an address of a page. It looks like %(example)s"),
    "foreign_host": lambda: _("%(host)s is not this shop. Links lead to: %(hosts)s"),
    "no_shop": lambda: _("The shop is not connected yet, there is nowhere to lead"),
    "no_mark": lambda: _("The address does not say who sent the visitor: your mark is missing"),
    "other_mark": lambda: _("There is a mark in the address, but it is not yours"),
    "broken_mark": lambda: _(
        "Your mark is damaged: something has stuck to it or it stands in the wrong place"
    ),
    "in_anchor": lambda: _("Your mark stands after the #, and the shop does not see that part"),
    "twice": lambda: _("There is more than one mark in the address; only one may stay"),
    "wrapped": lambda: _("Signs around the address or “&amp;” inside would break it"),
    "no_scheme": lambda: _("It counts, but without https:// many apps do not make it a link"),
    "link_unknown": lambda: _("There is no such short link"),
    "link_other": lambda: _("This short link is not yours"),
    "link_page": lambda: _(
        "After to= stands a page that is not this shop's: people are led to the link's own page instead"
    ),
    "link_stopped": lambda: _("This link is stopped: resume it in the list below"),
}


class LinkForm(forms.Form):
    """A new link of a partner; only the page matters, and even that may stay empty."""

    page_url = forms.CharField(
        label=gettext_lazy("Page of the shop"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("Any page: goods, a section, an article. Empty: the front page"),
    )
    name = forms.CharField(
        label=gettext_lazy("Name for yourself"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Where it will stand: “channel”, “visiting card”"),
    )
    code = forms.RegexField(
        r"^[\w-]{3,40}$",
        label=gettext_lazy("Short code"),
        required=False,
        help_text=gettext_lazy("Letters, digits, hyphen; empty: we make one"),
        error_messages={"invalid": gettext_lazy("Only letters, digits and a hyphen, 3 to 40 signs")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page
def show(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The list with clicks, the form of a new link, the doctor by `?check=`."""
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _create(request, partner, form):
        return redirect("cabinet:links", partner.programme.code)
    link = main_link(partner)
    before, code = shown_parts(link) if link else ("", "")
    checked = request.GET.get("check", "")
    diagnosis = examine(checked, partner) if checked else None
    context = {
        "form": form,
        "rows": list_links(partner),
        "bare_clicks": bare_clicks(partner),
        "link": link,
        "link_url": public_address(link) if link else "",
        "picture_url": picture_address(link) if link else "",
        "link_before": before,
        "link_code": code,
        "promo_codes": list_promo_codes(partner),
        "checked": checked,
        "diagnosis": diagnosis,
        "diagnosis_words": fault_words(diagnosis.fault, partner, diagnosis.host) if diagnosis else "",
    }
    return page(request, partner, "cabinet/links.html", "links", context, status=422 if form.errors else 200)


def fault_words(fault: str, partner: Partner, host: str = "") -> str:
    """What is wrong with an address, in words; empty when nothing is."""
    if not fault:
        return ""
    programme = partner.programme
    return _FAULTS[fault]() % {
        "host": host,
        "hosts": ", ".join(programme.shop_hosts),
        "example": programme.shop_url or "https://shop.example/page",
    }


def _create(request: HttpRequest, partner: Partner, form: LinkForm) -> bool:
    data = form.cleaned_data
    if Link.objects.filter(partner=partner).count() >= MOST_LINKS:
        form.add_error(None, _("There are too many links already"))
        return False
    try:
        link = create_link(partner=partner, actor=partner, **data)
    except LinkError as error:
        form.add_error("page_url", fault_words(error.kind, partner, error.host))
        return False
    except CodeTaken:
        form.add_error("code", _("This code is taken. Choose another one"))
        return False
    say(request, _("The link is ready: %(address)s") % {"address": public_address(link)})
    return True


@require_POST
@partner_page
def switch(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """Stop a link that works, or let a stopped one work again."""
    link = get_object_or_404(Link, partner=partner, pk=pk)
    set_link_active(link=link, is_active=not link.is_active, actor=partner)
    say(request, _("The link works again") if link.is_active else _("The link is stopped: it counts nothing"))
    return redirect("cabinet:links", partner.programme.code)


@require_GET
@partner_page
def qr(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """The QR code of a link as an SVG file to print."""
    link = get_object_or_404(Link, partner=partner, pk=pk)
    picture = segno.make(picture_address(link), error="m", micro=False).svg_inline(scale=10, border=4)
    answer = HttpResponse(
        picture.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1), content_type="image/svg+xml"
    )
    answer["Content-Disposition"] = f'attachment; filename="qr-{link.pk}.svg"'
    return answer
