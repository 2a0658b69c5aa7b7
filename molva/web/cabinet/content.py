"""Content: what a partner has published, each with a link of its own and what it has brought (row S1.23)."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from molva.jobs import enqueue
from molva.kit import clock
from molva.programmes.models import Partner
from molva.reports.cabinet_links import public_address
from molva.reports.content import content_address, content_orders, link_results, list_content
from molva.tracking.addresses import check_content
from molva.tracking.content import ContentWish, add_content, ask_check, change_content, page_of, set_archived
from molva.tracking.errors import ContentKnown, LinkError
from molva.tracking.models import ContentItem, ContentKind, PromoCode
from molva.web.cabinet.links import fault_words
from molva.web.cabinet.shell import page, partner_page
from molva.web.ui import limits
from molva.web.ui.content_words import address_words
from molva.web.ui.filters import address
from molva.web.ui.flash import say
from molva.web.ui.shell import Tab

PAGE = 50
MOST_CONTENT = 1000  # a person does not publish more; a robot would
_PATIENCE = timedelta(minutes=2)  # how long a page waits for a look at an address


class ContentForm(forms.Form):
    """What was published. Only the title must be there: the link is often needed before the video is out."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=ContentKind.choices)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=1000,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url"}),
        help_text=gettext_lazy("Where people see it. Empty while it is not out: the link is made at once"),
    )
    published_date = forms.DateField(
        label=gettext_lazy("Published on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    page_url = forms.CharField(
        label=gettext_lazy("Page of the shop"),
        max_length=900,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url"}),
        help_text=gettext_lazy("Where the link leads. Empty: the front page"),
    )
    promo: forms.ModelChoiceField = forms.ModelChoiceField(
        label=gettext_lazy("Promo code"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("without a promo code"),
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("By commas or blanks: they go into the text for the description"),
    )
    erid = forms.RegexField(
        r"^[\w.-]{4,60}$",
        label=gettext_lazy("Mark of the advertisement (erid)"),
        required=False,
        help_text=gettext_lazy("If your ad has one: it is added to the link and to the text"),
        error_messages={
            "invalid": gettext_lazy("Letters, digits, dots and hyphens, as the operator gave it")
        },
    )

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = PromoCode.objects.filter(partner=partner, is_active=True, is_private=False)
        cast(forms.ModelChoiceField, self.fields["promo"]).queryset = codes.order_by("code")

    def wish(self) -> ContentWish:
        """What was typed in, for the services."""
        return ContentWish(**self.cleaned_data)


@partner_page
def show_list(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The list with results, newest first; what was put away has its own view."""
    archived = request.GET.get("view") == "archive"
    rows = list_content(partner.programme, partner=partner, archived=archived)
    shown = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    results = link_results(list(shown))
    count = ContentItem.objects.filter(partner=partner, is_archived=not archived).count()
    counts = (count, shown.paginator.count) if archived else (shown.paginator.count, count)
    context = {
        "page": shown,
        "rows": [(item, results[item.link_id], address_words(item)) for item in shown],
        "tabs": [
            Tab(_("In the list"), address(request, view=None), counts[0], not archived),
            Tab(_("Put away"), address(request, view="archive"), counts[1], archived),
        ],
        "has_any": any(counts),
        "archived": archived,
    }
    return page(request, partner, "cabinet/content.html", "content", context)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page
def edit(request: HttpRequest, partner: Partner, pk: int | None = None) -> HttpResponse:
    """Register something new, or say it otherwise."""
    item = _own(partner, pk) if pk else None
    form = ContentForm(request.POST or None, partner=partner, initial=_initial(item))
    if request.method == "POST" and form.is_valid():
        saved = _save(partner, item, form)
        if saved is not None:
            say(request, _("Saved.") if item else _("The link is ready: copy it, or the whole text."))
            return redirect("cabinet:content_item", partner.programme.code, saved.pk)
    context = {"form": form, "item": item, "crumbs": _crumbs(partner, str(item or ""))}
    status = 422 if form.errors else 200
    return page(request, partner, "cabinet/content_edit.html", "content", context, status=status)


def _initial(item: ContentItem | None) -> dict[str, Any]:
    if item is None:
        return {}
    names = ("kind", "title", "url", "published_date", "promo", "tags", "erid")
    return {name: getattr(item, name) for name in names} | {"page_url": page_of(item)}


def _save(partner: Partner, item: ContentItem | None, form: ContentForm) -> ContentItem | None:
    if item is None and ContentItem.objects.filter(partner=partner).count() >= MOST_CONTENT:
        form.add_error(None, _("There is too much content already"))
        return None
    try:
        if item is None:
            return add_content(partner=partner, wish=form.wish(), actor=partner)
        return change_content(item=item, wish=form.wish(), actor=partner)
    except LinkError as error:
        field = (
            "page_url" if error.kind in ("foreign_host", "no_shop") or not form.cleaned_data["url"] else "url"
        )
        form.add_error(field, fault_words(error.kind, partner, error.host))
    except ContentKnown:
        form.add_error("url", _("You have registered this address already"))
    return None


@partner_page
def show(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """One item: what it has brought, the link, the ready text, whether the address opens."""
    item = _own(partner, pk)
    link = content_address(item)
    context = {
        "item": item,
        "result": link_results([item])[item.link_id],
        "orders": content_orders(item),
        "link_url": link,
        "link_shown": link.split("://", 1)[-1],
        "short_url": public_address(item.link),
        "text": description(item, partner),
        "words": address_words(item),
        "is_waiting": is_waiting(item),
        "crumbs": _crumbs(partner, str(item)),
    }
    return page(request, partner, "cabinet/content_item.html", "content", context)


def is_waiting(item: ContentItem) -> bool:
    """Whether somebody has asked for a look at the address, and it is still to come."""
    if item.asked_at is None or clock.now() - item.asked_at > _PATIENCE:
        return False
    return item.checked_at is None or item.checked_at < item.asked_at


def description(item: ContentItem, partner: Partner) -> str:
    """The text to put under a video or into a post: link, promo code, tags, the mark of the advertisement."""
    shop = partner.programme.workspace.name
    lines = [_("All of it is at “%(shop)s”: %(link)s") % {"shop": shop, "link": content_address(item)}]
    if item.promo and item.promo.voided_at is None:
        lines.append(_("My promo code: %(code)s") % {"code": item.promo.code})
    if item.tags:
        lines.append(" ".join(f"#{tag}" for tag in item.tags.split(", ")))
    if item.erid:
        lines.append(_("Advertisement. %(shop)s. erid: %(erid)s") % {"shop": shop, "erid": item.erid})
    return "\n".join(lines)


@require_POST
@partner_page
def archive(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """Put away, or take back into the list."""
    item = _own(partner, pk)
    set_archived(item=item, is_archived=not item.is_archived, actor=partner)
    undo = reverse("cabinet:content_archive", args=[partner.programme.code, item.pk])
    words = (
        _("“%(title)s” is put away. Its link goes on counting.")
        if item.is_archived
        else _("“%(title)s” is back.")
    )
    say(request, words % {"title": item.title}, undo_url=undo if item.is_archived else "")
    return redirect("cabinet:content", partner.programme.code)


@require_POST
@partner_page
def check(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """Have the address looked at now."""
    item = _own(partner, pk)
    if not item.url:
        say(request, _("There is no address yet. Write it when it is published."), is_bad=True)
    elif not limits.may(request, "content_check"):
        say(request, _("Enough for this hour. Every address is looked at once a day anyway."), is_bad=True)
    else:
        ask_check(item)
        enqueue(
            check_content, dedupe=f"content-{item.pk}", content_id=item.pk, workspace_id=item.workspace_id
        )
    return redirect("cabinet:content_item", partner.programme.code, item.pk)


def _own(partner: Partner, pk: int) -> ContentItem:
    """An item of this partner, or 404."""
    rows = ContentItem.objects.select_related("link", "promo", "partner", "programme")
    return get_object_or_404(rows, partner=partner, pk=pk)


def _crumbs(partner: Partner, title: str) -> list[tuple[str, str]]:
    return [
        (_("Content"), reverse("cabinet:content", args=[partner.programme.code])),
        (title or _("New content"), ""),
    ]
