"""News for partners: written, published, withdrawn."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from molva.programmes.models import NewsItem
from molva.programmes.news import list_news, publish_news, withdraw_news, write_news
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.confirm import ask
from molva.web.office.lists import paged
from molva.web.office.shell import page
from molva.web.ui.flash import say


class NewsForm(forms.Form):
    """A title and a few sentences."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("Plain text. Empty lines divide paragraphs, addresses become links."),
    )


def find(place: Place, pk: int) -> NewsItem:
    """An item of this programme, or 404."""
    return get_object_or_404(NewsItem, programme=place.programme, pk=pk)


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponse:
    """Drafts, what partners read, what was withdrawn."""
    rows = list_news(place.programme).select_related("created_by")
    context = {"page": paged(request, rows), "may_edit": place.may(*RULERS)}
    return page(request, place, "office/news.html", "news", context)


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place, pk: int | None = None) -> HttpResponse:
    """Write an item or change its words; the second button publishes at once."""
    item = find(place, pk) if pk else None
    initial = {"title": item.title, "text": item.text} if item else {}
    form = NewsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = write_news(programme=place.programme, actor=place.user, item=item, **form.cleaned_data)
        if "publish" in request.POST and publish_news(item=saved, actor=place.user):
            _say_published(request, place, saved)
        else:
            say(request, _("Saved."))
        return redirect("office:news", place.programme.code)
    context = {
        "form": form,
        "item": item,
        "crumbs": [(_("News"), reverse("office:news", args=[place.programme.code])), (str(item or ""), "")],
    }
    return page(request, place, "office/news_edit.html", "news", context, status=422 if form.errors else 200)


@require_POST
@office_page(*RULERS)
def publish(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Show an item to partners."""
    item = find(place, pk)
    if publish_news(item=item, actor=place.user):
        _say_published(request, place, item)
    return redirect("office:news", place.programme.code)


@office_page(*RULERS)
def withdraw(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Take an item away from partners; the words stay here."""
    item = find(place, pk)
    news_url = reverse("office:news", args=[place.programme.code])
    if request.method != "POST":
        return ask(
            request,
            title=_("Withdraw “%(title)s”?") % {"title": item.title},
            text=_("Partners do not see it any more. It stays in this list and can be published again."),
            yes=_("Withdraw"),
            no_url=news_url,
            is_danger=True,
        )
    if withdraw_news(item=item, actor=place.user):
        undo = reverse("office:news_publish", args=[place.programme.code, item.pk])
        say(request, _("“%(title)s” is withdrawn.") % {"title": item.title}, undo_url=undo)
    return redirect(news_url)


def _say_published(request: HttpRequest, place: Place, item: NewsItem) -> None:
    undo = reverse("office:news_withdraw", args=[place.programme.code, item.pk])
    say(request, _("Published: partners see the mark on the bell."), undo_url=undo)
