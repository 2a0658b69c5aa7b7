"""Special rules: terms for some partners, goods or times; each save publishes a new version of the terms."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from molva.kit import clock
from molva.programmes.errors import TermsBegun, TermsChanged
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.rule_form import RuleForm, initial_rule
from molva.web.office.shell import page
from molva.web.office.terms import base_of, latest, publish, publish_form, start_context
from molva.web.office.terms_start import initial_start
from molva.web.ui.flash import say


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place, rule: str = "") -> HttpResponse:
    """Add a rule, or change one: the former text stays in the former version."""
    base = base_of(request, place.programme)
    former = _find(base.rules, rule) if rule else None
    initial = (
        initial_rule(former, place.programme.timezone)
        if former
        else {"partner": request.GET.get("partner", "")}
    )
    form = RuleForm(request.POST or None, initial=initial | initial_start(base))
    if request.method == "POST" and form.is_valid():
        made = form.for_service(rule, place.programme)
        rules = [made if one is former else one for one in base.rules] + ([] if former else [made])
        note = _("Rule “%(name)s”") % {"name": made["id"]}
        if any(one["id"] == made["id"] for one in base.rules if one is not former):
            form.add_error("name", _("There is a rule of this name already."))
        elif publish_form(request, place, form, (base.settings, rules), base, note):
            return redirect("office:terms", place.programme.code)
    context = {"rule": former, **start_context(request, form, base)}
    return page(request, place, "office/rule_edit.html", "terms", context)


@office_page(*RULERS)
def remove(request: HttpRequest, place: Place, rule: str) -> HttpResponse:
    """Remove a rule from the terms (a page asks first, a toast can bring it back)."""
    base = base_of(request, place.programme)
    former = _find(base.rules, rule)
    if request.method == "POST":
        rules = [one for one in base.rules if one is not former]
        plan_from = base.valid_from if base.valid_from > clock.now() else None
        note = _("Rule “%(name)s” is removed") % {"name": rule}
        try:
            publish(request, place, base.settings, rules, base, note=note, valid_from=plan_from)
        except (TermsChanged, TermsBegun):
            words = _("A colleague has published other terms meanwhile. Look at them and try again.")
            say(request, words, is_bad=True)
        return redirect("office:terms", place.programme.code)
    context = {"rule": former, "base": base, "based_on": latest(place.programme).number}
    return page(request, place, "office/rule_remove.html", "terms", context)


def _find(rules: list[dict[str, Any]], rule_id: str) -> dict[str, Any]:
    found = next(
        (one for one in rules if one["id"] == rule_id and any((one.get("when") or {}).values())), None
    )
    if found is None:
        raise Http404
    return found
