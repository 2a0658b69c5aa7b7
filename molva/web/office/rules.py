"""Special rules: terms for some partners, goods or times; each save publishes a new version of the terms."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from molva.programmes.errors import TermsChanged, TermsError
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.rule_form import RuleForm, initial_rule
from molva.web.office.shell import page
from molva.web.office.terms import latest, publish


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place, rule: str = "") -> HttpResponse:
    """Add a rule, or change one: the former text stays in the former version."""
    base = latest(place.programme)
    former = _find(base.rules, rule) if rule else None
    initial = (
        initial_rule(former, place.programme.timezone)
        if former
        else {"partner": request.GET.get("partner", "")}
    )
    form = RuleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = form.for_service(rule, place.programme)
        if any(one["id"] == made["id"] for one in base.rules if one is not former):
            form.add_error("name", _("There is a rule of this name already."))
        elif _publish(
            request, place, form, [one if one is not former else made for one in base.rules], made, former
        ):
            return redirect("office:terms", place.programme.code)
    context = {
        "form": form,
        "rule": former,
        "base": base,
        "based_on": request.POST.get("based_on", base.number),
    }
    return page(request, place, "office/rule_edit.html", "terms", context)


def _publish(
    request: HttpRequest,
    place: Place,
    form: RuleForm,
    rules: list[dict[str, Any]],
    made: dict[str, Any],
    former: Any,
) -> bool:
    base = latest(place.programme)
    if former is None:
        rules = [*rules, made]
    try:
        publish(request, place, base.settings, rules, base, note=_("Rule “%(name)s”") % {"name": made["id"]})
    except TermsChanged:
        form.add_error(
            None, _("A colleague has published other terms meanwhile. Look at them and try again.")
        )
    except TermsError as problem:
        form.add_error(None, str(problem))
    else:
        return True
    return False


@office_page(*RULERS)
def remove(request: HttpRequest, place: Place, rule: str) -> HttpResponse:
    """Remove a rule from the terms (a page asks first, a toast can bring it back)."""
    base = latest(place.programme)
    former = _find(base.rules, rule)
    if request.method == "POST":
        rules = [one for one in base.rules if one is not former]
        publish(
            request, place, base.settings, rules, base, note=_("Rule “%(name)s” is removed") % {"name": rule}
        )
        return redirect("office:terms", place.programme.code)
    return page(request, place, "office/rule_remove.html", "terms", {"rule": former, "base": base})


def _find(rules: list[dict[str, Any]], rule_id: str) -> dict[str, Any]:
    found = next(
        (one for one in rules if one["id"] == rule_id and any((one.get("when") or {}).values())), None
    )
    if found is None:
        raise Http404
    return found
