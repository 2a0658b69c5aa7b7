"""Special rules: terms for some partners, goods or times; each save publishes a new version of the terms."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from molva.kit import clock
from molva.programmes.errors import TermsBegun, TermsChanged
from molva.programmes.models import TermsVersion
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.rule_form import RuleForm, initial_rule
from molva.web.office.shell import page
from molva.web.office.terms import base_of, latest, publish, publish_form, start_context
from molva.web.office.terms_start import initial_start
from molva.web.office.trying import tried_form, try_form
from molva.web.ui.flash import say
from molva.whatif.models import WhatIfKind


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place, rule: str = "") -> HttpResponse:
    """Add a rule, or change one: the former text stays in the former version."""
    base = base_of(request, place.programme)
    former = find_rule(base.rules, rule) if rule else None
    data = request.POST or tried_form(request, place, WhatIfKind.RULE)
    form = rule_form(base, former, data, partner=request.GET.get("partner", ""))
    if request.method == "POST" and form.is_valid():
        if "try" in request.POST:
            rules = changed_rules(form, base, former, is_tried=True)
            if rules is not None and (
                tried := try_form(place, form, (base.settings, rules), base, WhatIfKind.RULE, rule=rule)
            ):
                return redirect("office:whatif", place.programme.code, tried.pk)
        elif publish_rule(request, place, form, base, former):
            return redirect("office:terms", place.programme.code)
    return page(
        request, place, "office/rule_edit.html", "terms", {"rule": former, **start_context(form, base)}
    )


def rule_form(
    base: TermsVersion, former: dict[str, Any] | None, data: QueryDict | None = None, *, partner: str = ""
) -> RuleForm:
    """The form of a special rule, as sent or as it is stored."""
    initial = initial_rule(former, base.programme.timezone) if former else {"partner": partner}
    return RuleForm(data, initial=initial | initial_start(base))


def changed_rules(
    form: RuleForm, base: TermsVersion, former: dict[str, Any] | None, *, is_tried: bool = False
) -> list[dict[str, Any]] | None:
    """The rules with the one of a valid form, None with the reason in the form.

    A rule that is only tried holds on all days: what it would cost is asked, whenever it is to begin and end.
    """
    made = form.for_service(base.programme)
    if any(one["id"] == made["id"] for one in base.rules if one is not former):
        form.add_error("name", _("There is a rule of this name already."))
        return None
    if is_tried:
        made["when"] = {key: value for key, value in made["when"].items() if not key.startswith("valid_")}
    return [made if one is former else one for one in base.rules] + ([] if former else [made])


def publish_rule(
    request: HttpRequest, place: Place, form: RuleForm, base: TermsVersion, former: dict[str, Any] | None
) -> bool:
    """Publish a valid form; False with the reason in the form."""
    rules = changed_rules(form, base, former)
    if rules is None:
        return False
    note = _("Rule “%(name)s”") % {"name": form.cleaned_data["name"].strip()}
    return publish_form(request, place, form, (base.settings, rules), base, note)


@office_page(*RULERS)
def remove(request: HttpRequest, place: Place, rule: str) -> HttpResponse:
    """Remove a rule from the terms (a page asks first, a toast can bring it back)."""
    base = base_of(request, place.programme)
    former = find_rule(base.rules, rule)
    if request.method == "POST":
        rules = [one for one in base.rules if one is not former]
        plan_from = base.valid_from if base.valid_from > clock.now() else None
        note = _("Rule “%(name)s” is removed") % {"name": rule}
        try:
            seen = request.POST.get("based_on", "")
            publish(request, place, base.settings, rules, base, note=note, valid_from=plan_from, seen=seen)
        except (TermsChanged, TermsBegun):
            words = _("A colleague has published other terms meanwhile. Look at them and try again.")
            say(request, words, is_bad=True)
        return redirect("office:terms", place.programme.code)
    context = {"rule": former, "base": base, "based_on": latest(place.programme).number}
    return page(request, place, "office/rule_remove.html", "terms", context)


def find_rule(rules: list[dict[str, Any]], rule_id: str) -> dict[str, Any]:
    """The special rule of this name, or 404."""
    found = next(
        (one for one in rules if one["id"] == rule_id and any((one.get("when") or {}).values())), None
    )
    if found is None:
        raise Http404
    return found
