"""What-if: terms tried over orders of the past before they are published. The days, the progress, the answer."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from molva.reports import longwork
from molva.reports.models import ExportForm
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.confirm import ask
from molva.web.office.exporting import Table, downloads, table_answer
from molva.web.office.lists import asked_word, exact, paged
from molva.web.office.rules import find_rule, publish_rule, rule_form
from molva.web.office.shell import page
from molva.web.office.terms import plan_or_present, publish_general, terms_form
from molva.web.office.whatif_days import DaysForm
from molva.web.ui import formats
from molva.web.ui.filters import read_filter
from molva.web.ui.flash import say
from molva.whatif.jobs import wake
from molva.whatif.models import WhatIf, WhatIfKind, WhatIfState
from molva.whatif.queries import Totals, partners_of, totals_of
from molva.whatif.runs import (
    KEEP_DAYS,
    MOST_LIVE,
    NoOrders,
    TooManyWhatIfs,
    ends_at,
    list_whatifs,
    start,
)

STATES: dict[str, tuple[str, str | Promise]] = {
    WhatIfState.DRAFT: ("draft", gettext_lazy("Not started")),
    WhatIfState.WAITING: ("queued", gettext_lazy("Waits its turn")),
    WhatIfState.RUNNING: ("running", gettext_lazy("Being worked out")),
    WhatIfState.READY: ("good", gettext_lazy("Ready")),
    WhatIfState.FAILED: ("failed", gettext_lazy("Not worked out")),
    WhatIfState.CANCELLED: ("cancelled", gettext_lazy("Cancelled")),
}
PROBLEMS: dict[str, str | Promise] = {
    "killed": gettext_lazy("The worker stopped several times in the midst of it. Try fewer days."),
    "error": gettext_lazy("Something went wrong on our side. The log of the worker says what."),
}


@office_page(*RULERS)
def show_list(request: HttpRequest, place: Place) -> HttpResponse:
    """The person's own what-ifs, the newest first."""
    shown = paged(request, list_whatifs(place.programme, place.user))
    rows = [(one, _title(one), _days(one), *STATES[one.state]) for one in shown]
    context = {"page": shown, "rows": rows, "keep_days": KEEP_DAYS, "crumbs": _crumbs(place)[:1]}
    return page(request, place, "office/whatifs.html", "terms", context)


@office_page(*RULERS)
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponseBase:
    """The question, the progress or the answer, whichever there is."""
    found = _own(place, pk)
    if found.state == WhatIfState.READY:
        return _answer_page(request, place, found)
    return _before_answer(request, place, found, DaysForm(programme=place.programme))


@require_POST
@office_page(*RULERS)
def begin(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Run it over the chosen days."""
    found = _own(place, pk)
    form = DaysForm(request.POST, programme=place.programme)
    if form.is_valid():
        try:
            with transaction.atomic():
                start(found, *form.days)
                wake()
        except NoOrders:
            field = "first" if form.cleaned_data["period"] == "own" else "period"
            form.add_error(field, _("There were no orders on these days. Choose others."))
        except TooManyWhatIfs:
            words = _("You wait for %(n)d answers already. Let them be worked out, or cancel one.")
            form.add_error(None, words % {"n": MOST_LIVE})
        else:
            return redirect("office:whatif", place.programme.code, pk)
    return _before_answer(request, place, found, form)


@require_POST
@office_page(*RULERS)
def stop(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Let it be."""
    longwork.cancel(_own(place, pk))
    return redirect("office:whatif", place.programme.code, pk)


@office_page(*RULERS)
def publish(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Publish what was tried, exactly as the form has it; a question first."""
    found = _own(place, pk)
    if request.method != "POST":
        return ask(
            request, title=_("Publish these terms?"), text=str(PUBLISHED), yes=_("Publish"),
            no_url=reverse("office:whatif", args=[place.programme.code, pk]),
        )  # fmt: skip
    base = plan_or_present(place.programme, str(found.base.number))
    if found.kind == WhatIfKind.TERMS:
        general = terms_form(base, found.sent)
        is_done = general.is_valid() and publish_general(request, place, general, base)
    else:
        former = find_rule(base.rules, found.rule) if found.rule else None
        special = rule_form(base, former, found.sent)
        is_done = special.is_valid() and publish_rule(request, place, special, base, former)
    if is_done:
        return redirect("office:terms", place.programme.code)
    say(
        request,
        _("Nothing was published. Look through the form: it says why, or send it once more."),
        is_bad=True,
    )
    return redirect(_form_url(found))


PUBLISHED = gettext_lazy("They begin as the form says. Orders made before keep their own terms.")


def _before_answer(request: HttpRequest, place: Place, found: WhatIf, form: DaysForm) -> HttpResponse:
    badge, words = STATES[found.state]
    seconds = longwork.seconds_left(found, found.orders)
    context = {
        "one": found, "title": _title(found), "days": _days(found), "badge": badge, "state_words": words, "form": form,
        "hints": [(name, _between(*days)) for name, days in form.hints], "crumbs": _crumbs(place),
        "seconds": seconds, "minutes": -(-(seconds or 0) // 60), "problem": PROBLEMS.get(found.problem, ""),
        "form_url": _form_url(found), "has_days": _has_days(found), "keep_days": KEEP_DAYS,
    }  # fmt: skip
    return page(request, place, "office/whatif.html", "terms", context)


def _answer_page(request: HttpRequest, place: Place, found: WhatIf) -> HttpResponseBase:
    only = read_filter(
        request, "only", _("Who"),
        [("less", _("get less")), ("more", _("get more")), ("same", _("get the same"))],
    )  # fmt: skip
    q, sort = asked_word(request.GET), request.GET.get("sort", "")
    rows = partners_of(found, word=q, sort=sort, only=only.chosen.value if only.chosen else "")
    if (form := request.GET.get("as", "")) in ExportForm.values:
        return table_answer(_table(found, rows), form)
    shown, totals = paged(request, rows), totals_of(found)
    share_was = _share(totals.was_minor, totals.sales_was_minor)
    context = {
        "one": found, "title": _title(found), "days": _days(found), "crumbs": _crumbs(place), "totals": totals,
        "share_was": share_was,
        "share_note": "" if share_was is None else _("as it is: %(share)s") % {"share": formats.percent(share_was)},
        "share_would": _share(totals.would_minor, totals.sales_would_minor),
        "page": shown, "filters": [only], "q": q, "is_filtered": bool(q or only.chosen), "levels": _levels(totals),
        "examples": _examples(found, place), "ends_at": ends_at(found), "form_url": _form_url(found),
        "has_days": _has_days(found), "published": PUBLISHED, **downloads(request),
    }  # fmt: skip
    return page(request, place, "office/whatif_answer.html", "terms", context)


@dataclass(frozen=True, slots=True)
class Level:
    """A row of the split by level; minor units."""

    title: str
    was_minor: int
    would_minor: int

    @property
    def difference_minor(self) -> int:
        """How much more."""
        return self.would_minor - self.was_minor


def _levels(totals: Totals) -> list[Level]:
    return [
        Level(_("Level 1: who brought the client"), totals.level1_was_minor, totals.level1_would_minor),
        Level(_("Level 2: who invited that partner"), totals.above_was_minor, totals.above_would_minor),
        Level(_("Expected of open orders"), totals.expected_was_minor, totals.expected_would_minor),
    ]


def _examples(found: WhatIf, place: Place) -> list[dict[str, Any]]:
    """The stored examples in the reader's language, with partners by name."""
    lang = 1 if (get_language() or "en").startswith("ru") else 0
    codes = {
        one["partner"] for row in found.examples for side in ("was", "would") for one in row[side]["sums"]
    }
    names = dict(place.programme.partners.filter(code__in=codes).values_list("code", "name"))
    return [
        {
            "order": row["order"], "number": row["number"],
            "sides": [
                {
                    "title": title, "verdict": row[side]["verdict"][lang],
                    "sums": [
                        one | {"text": one["text"][lang], "name": names.get(one["partner"]) or one["partner"]}
                        for one in row[side]["sums"]
                    ],
                }
                for side, title in (("was", _("As it is")), ("would", _("As it would be")))
            ],
        }
        for row in found.examples
    ]  # fmt: skip


def _table(found: WhatIf, rows: Any) -> Table:
    currency = found.programme.currency
    header = [
        _("Partner"), _("Code"), _("As it is"), _("As it would be"), pgettext("what-if", "Difference"),
        _("Level 1, as it is"), _("Level 1, as it would be"), _("Level 2, as it is"), _("Level 2, as it would be"),
        _("Expected, as it is"), _("Expected, as it would be"), _("Sales, as it is"), _("Sales, as it would be"),
    ]  # fmt: skip
    cells = [
        [row.partner.name, row.partner.code]
        + [
            exact(minor, currency)
            for minor in (
                row.was_minor, row.would_minor, row.difference_minor, row.level1_was_minor, row.level1_would_minor,
                row.above_was_minor, row.above_would_minor, row.expected_was_minor, row.expected_would_minor,
                row.sales_was_minor, row.sales_would_minor,
            )
        ]
        for row in rows
    ]  # fmt: skip
    name = f"what-if-{found.programme.code}-{found.first_day}-{found.last_day}"
    return Table(name, header, cells, len(cells))


def _share(part_minor: int, whole_minor: int) -> int | None:
    """Basis points; None of nothing."""
    return (20_000 * part_minor + whole_minor) // (2 * whole_minor) if whole_minor > 0 else None


def _title(found: WhatIf) -> str:
    if found.kind == WhatIfKind.TERMS:
        return _("What-if: new terms")
    return _("What-if: rule “%(name)s”") % {"name": (found.form.get("name") or [""])[0].strip()}


def _has_days(found: WhatIf) -> bool:
    """Does the form name days of the rule, which a what-if sets aside?"""
    return found.kind == WhatIfKind.RULE and any(
        (found.form.get(name) or [""])[0] for name in ("day_from", "day_to")
    )


def _days(found: WhatIf) -> str:
    return _between(found.first_day, found.last_day) if found.first_day and found.last_day else ""


def _between(first: Any, last: Any) -> str:
    if first == last:
        return formats.day(first)
    return f"{formats.day(first)} – {formats.day(last)}"


def _form_url(found: WhatIf) -> str:
    """The form with everything that was filled in."""
    code, query = found.programme.code, f"?tried={found.pk}&base={found.base.number}"
    if found.kind == WhatIfKind.TERMS:
        return reverse("office:terms_edit", args=[code]) + query
    if found.rule:
        return reverse("office:rule_edit", args=[code, found.rule]) + query
    return reverse("office:rule_new", args=[code]) + query


def _crumbs(place: Place) -> list[tuple[str, str]]:
    code = place.programme.code
    return [
        (_("Terms"), reverse("office:terms", args=[code])),
        (_("What-ifs"), reverse("office:whatifs", args=[code])),
    ]


def _own(place: Place, pk: int) -> WhatIf:
    """A what-if of this person and programme, or 404."""
    rows = list_whatifs(place.programme, place.user).select_related("programme", "base")
    return get_object_or_404(rows, pk=pk)
