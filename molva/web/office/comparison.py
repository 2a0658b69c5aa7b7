"""Comparison with the shop: what differs between its orders and ours, with «fix» and «explain»."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from molva.integrations import comparison, findings
from molva.integrations.base import PlugError
from molva.integrations.models import REPAIRABLE, Connection, Finding, FindingKind, FindingState
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.tracking.errors import CodeTaken
from molva.web.office import finding_words
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.lists import asked_word, flat, local_moment, paged
from molva.web.office.plug_words import plug_words
from molva.web.office.shell import page
from molva.web.ui.filters import address, read_filter, search_word
from molva.web.ui.flash import say
from molva.web.ui.shell import Tab


class PeriodForm(forms.Form):
    """How far back to compare."""

    days = forms.TypedChoiceField(
        label=gettext_lazy("Orders changed in"),
        coerce=int,
        choices=[
            (3, gettext_lazy("3 days")),
            (30, gettext_lazy("30 days")),
            (92, gettext_lazy("three months")),
            (365, gettext_lazy("a year")),
            (9_000, gettext_lazy("all time")),
        ],
        initial=30,
    )


class ExplainForm(forms.Form):
    """Why it is as it should be."""

    note = forms.CharField(
        label=gettext_lazy("Explanation"),
        max_length=300,
        help_text=gettext_lazy("It stays with the finding. If the facts change, the finding opens again."),
    )


class CodeForm(forms.Form):
    """Whose a promo code is."""

    partner: forms.ModelChoiceField = forms.ModelChoiceField(label=gettext_lazy("Partner"), queryset=None)
    from_first_use = forms.BooleanField(
        label=gettext_lazy("Count the orders that have used it already"), required=False, initial=True
    )

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast(forms.ModelChoiceField, self.fields["partner"])
        partners = Partner.objects.filter(programme=place.programme, status=PartnerStatus.ACTIVE)
        choice.queryset = partners.order_by("name")


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Findings by state and kind; above them how far the present comparison has come."""
    shops = _shops(place)
    wanted = request.GET.get("state", FindingState.OPEN.value)
    rows = _found(place.programme)
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    values = [(one, str(text)) for one, text in finding_words.KINDS.items()]
    kinds = read_filter(request, "kind", _("What differs"), values)
    shown = _asked(rows, request.GET)
    if (answer := export_answer(request, place, "comparison")) is not None:
        return answer
    runs = [run for run in (comparison.live_comparison(shop) for shop in shops) if run is not None]
    rows_shown = paged(request, shown)
    for row in rows_shown:
        _word(row)
    context = {
        "shops": shops,
        "runs": [{"run": run, "words": plug_words(run.problem)} for run in runs],
        "last": [run for run in (comparison.summary(shop) for shop in shops) if run is not None],
        "tabs": _tabs(request, counts, wanted),
        "filters": [kinds],
        "q": search_word(request),
        "page": rows_shown,
        "form": PeriodForm(),
        "repairable": _repairable(place).exists(),
        "is_filtered": bool(kinds.chosen or search_word(request)),
        "wanted": wanted,
        **downloads(request),
        "may_edit": place.may(*RULERS),
    }
    return page(request, place, "office/comparison.html", "shop", context)


def _asked(rows: "QuerySet[Finding]", query: QueryDict) -> "QuerySet[Finding]":
    state, kind = query.get("state", FindingState.OPEN.value), query.get("kind", "")
    wish = {
        "state": "" if state == "all" else state,
        "kind": kind if kind in finding_words.KINDS else "",
        "label__icontains": asked_word(query),
    }
    return rows.filter(**{name: value for name, value in wish.items() if value}).order_by("-found_at", "-pk")


def export(programme: Programme, query: QueryDict) -> Table:
    """The list as a file."""
    rows = _asked(_found(programme), query)
    return Table(f"comparison-{programme.code}", _header(), _cells(rows), rows.count())


def _tabs(request: HttpRequest, counts: dict[str, int], wanted: str) -> list[Tab]:
    tabs = [
        Tab(str(label), address(request, state=state), counts.get(state, 0), wanted == state)
        for state, label in finding_words.STATES.items()
    ]
    return [*tabs, Tab(_("All"), address(request, state="all"), sum(counts.values()), wanted == "all")]


def _word(row: Finding) -> None:
    """The words of a row, for its cells."""
    row.title = finding_words.KINDS[row.kind]  # type: ignore[attr-defined]
    row.words = finding_words.short(row)  # type: ignore[attr-defined]
    row.badge = finding_words.BADGES[row.state]  # type: ignore[attr-defined]
    row.state_words = finding_words.STATES[row.state]  # type: ignore[attr-defined]


def _header() -> list[str]:
    return [
        _("Found"), _("Shop"), _("What differs"), _("Order or promo code"), _("Difference"), _("State"),
        _("Explanation"),
    ]  # fmt: skip


def _cells(rows: "QuerySet[Finding]") -> Iterator[list[object]]:
    for row in flat(rows):
        _word(row)
        yield [
            local_moment(row.found_at), row.connection.name, str(finding_words.KINDS[row.kind]), row.label,
            finding_words.short(row), str(finding_words.STATES[row.state]), row.note,
        ]  # fmt: skip


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """One finding: what both sides say, what it means, what can be done."""
    return _show(request, place, _finding(place, pk))


def _show(
    request: HttpRequest,
    place: Place,
    row: Finding,
    *,
    explain: ExplainForm | None = None,
    code: CodeForm | None = None,
) -> HttpResponse:
    _word(row)
    context = {
        "row": row,
        "sides": finding_words.sides(row),
        "meaning": finding_words.MEANINGS[row.kind],
        "explain_form": explain or ExplainForm(),
        "code_form": (code or CodeForm(place=place)) if row.kind == FindingKind.CODE else None,
        "may_edit": place.may(*RULERS) and row.state == FindingState.OPEN,
        "may_fix": row.is_repairable and row.connection.state != "disconnected",
    }
    return page(request, place, "office/finding.html", "shop", context)


@require_POST
@office_page(*RULERS)
def start(request: HttpRequest, place: Place) -> HttpResponse:
    """Compare now."""
    form, shops = PeriodForm(request.POST), _shops(place)
    if form.is_valid() and shops:
        for shop in shops:
            comparison.start(shop, days=form.cleaned_data["days"], actor=place.user)
        say(request, _("The comparison has begun. You may close the page: it goes on by itself."))
    else:
        say(request, _("There is no shop to compare with."), is_bad=True)
    return redirect("office:comparison", place.programme.code)


@require_POST
@office_page(*RULERS)
def stop(request: HttpRequest, place: Place) -> HttpResponse:
    """End what is under way; what was found stays."""
    for run in filter(None, map(comparison.live_comparison, _shops(place))):
        comparison.stop(run, actor=place.user)
    say(request, _("Stopped. What was found stays."))
    return redirect("office:comparison", place.programme.code)


@office_page(*RULERS)
def fix_all(request: HttpRequest, place: Place) -> HttpResponse:
    """Put everything right that reading again can (a page asks first): commissions may move."""
    if request.method == "POST":
        for shop in _shops(place):
            findings.enqueue_fix_all(shop, kind="", actor_id=place.user.pk)
        say(request, _("They are being read again, one after another."))
        return redirect("office:comparison", place.programme.code)
    return page(request, place, "office/comparison_fix.html", "shop", {"count": _repairable(place).count()})


@require_POST
@office_page(*RULERS)
def fix(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Read the order again and settle it."""
    row = _finding(place, pk)
    if row.state == FindingState.OPEN and row.is_repairable:
        try:
            is_right = findings.fix(row, actor=place.user)
        except PlugError as problem:
            say(request, plug_words(str(problem)), is_bad=True)
        else:
            words = (
                _("Put right: both sides agree now.") if is_right else _("Read again, and it still differs.")
            )
            say(request, words, is_bad=not is_right)
    return redirect("office:finding", place.programme.code, row.pk)


@require_POST
@office_page(*RULERS)
def explain(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """It is as it should be."""
    row, form = _finding(place, pk), ExplainForm(request.POST)
    if not form.is_valid():
        return _show(request, place, row, explain=form)
    if row.state == FindingState.OPEN:
        findings.explain(row, actor=place.user, note=form.cleaned_data["note"])
        say(request, _("Explained. It opens again only if the facts change."))
    return redirect("office:comparison", place.programme.code)


@require_POST
@office_page(*RULERS)
def give_code(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """A code becomes a partner's."""
    row, form = _finding(place, pk), CodeForm(request.POST, place=place)
    if row.kind == FindingKind.CODE and row.state == FindingState.OPEN:
        if not form.is_valid():
            return _show(request, place, row, code=form)
        try:
            findings.give_code(row, actor=place.user, **form.cleaned_data)
        except CodeTaken:
            form.add_error("partner", _("Another partner has this code already."))
            return _show(request, place, row, code=form)
        say(request, _("The code is the partner's now."))
    return redirect("office:comparison", place.programme.code)


def _shops(place: Place) -> list[Connection]:
    rows = Connection.objects.filter(programme=place.programme).exclude(kind="manual")
    return list(rows.exclude(state="disconnected").order_by("pk"))


def _found(programme: Programme) -> "QuerySet[Finding]":
    rows = Finding.objects.filter(connection__programme=programme)
    return rows.select_related("connection__programme", "order", "closed_by")


def _repairable(place: Place) -> "QuerySet[Finding]":
    return _found(place.programme).filter(state=FindingState.OPEN, kind__in=REPAIRABLE)


def _finding(place: Place, pk: int) -> Finding:
    return get_object_or_404(_found(place.programme), pk=pk)
