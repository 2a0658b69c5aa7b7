"""Terms of the programme: what holds now and what is planned, in plain words; the form that publishes a new version."""

from datetime import datetime

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from molva.integrations.queries import status_titles
from molva.kit import clock
from molva.kit.money import CURRENCY_DIGITS, parse_minor
from molva.programmes.errors import TermsBegun, TermsChanged, TermsError
from molva.programmes.models import Programme, TermsVersion
from molva.programmes.queries import planned_terms, terms_version_at
from molva.programmes.services import publish_terms, update_programme, withdraw_terms
from molva.programmes.wording import describe_terms, describe_when, reward_words, special_rules
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.confirm import ask
from molva.web.office.shell import page
from molva.web.office.terms_form import TermsForm, initial_terms
from molva.web.office.terms_start import StartForm, initial_start
from molva.web.office.trying import tried_form, try_form
from molva.web.ui import formats
from molva.web.ui.flash import say
from molva.web.ui.formats import since
from molva.whatif.models import WhatIfKind


def latest(programme: Programme) -> TermsVersion:
    """The last version written, also one that begins later or was withdrawn: it tells whether somebody was quicker."""
    return TermsVersion.objects.filter(programme=programme).latest("number")


def base_of(request: HttpRequest, programme: Programme) -> TermsVersion:
    """What a form starts from: the plan that `?base=` names, which the form then replaces, or the version in force."""
    return plan_or_present(programme, request.GET.get("base", ""))


def plan_or_present(programme: Programme, number: str) -> TermsVersion:
    """The plan of this number, or the version in force."""
    now = clock.now()
    plans = (one for one in planned_terms(programme, now) if str(one.number) == number)
    return next(plans, None) or terms_version_at(programme, now)


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """What holds now, the special rules, the versions."""
    return _terms_page(request, place, terms_version_at(place.programme, clock.now()))


@office_page()
def version(request: HttpRequest, place: Place, number: int) -> HttpResponse:
    """A former or coming version, to read and to bring back."""
    found = TermsVersion.objects.filter(programme=place.programme, number=number).first()
    if found is None:
        raise Http404
    return _terms_page(request, place, found)


def _terms_page(request: HttpRequest, place: Place, shown: TermsVersion) -> HttpResponse:
    programme, lang = place.programme, translation.get_language() or "ru"
    titles = status_titles(programme)
    versions = list(
        TermsVersion.objects.filter(programme=programme)
        .select_related("created_by", "recall")
        .order_by("-number")
    )
    in_force = terms_version_at(programme, clock.now())
    names = dict(programme.partners.filter(code__in=_partners_named(shown)).values_list("code", "name"))
    context = {
        "shown": shown,
        "in_force": in_force,
        "clauses": describe_terms(programme, shown, statuses=titles, lang=lang),
        "rules": [_rule_row(rule, programme, names, lang) for rule in special_rules(shown)],
        "versions": versions,
        "gone": [one for one in shown.settings["accrual"]["statuses"] if titles and one not in titles],
        "now": clock.now(),
        "planned": _plans(programme, in_force),
        "state": _state(shown, in_force),
        "since": since(shown.valid_from),
        "base_query": f"?base={shown.number}" if shown.pk != in_force.pk else "",
        "may_rule": place.may(*RULERS),
        "may_edit": place.may(*RULERS) and _state(shown, in_force) in ("in_force", "planned"),
    }
    return page(request, place, "office/terms.html", "terms", context)


def _state(version: TermsVersion, in_force: TermsVersion) -> str:
    if version.pk == in_force.pk:
        return "in_force"
    if hasattr(version, "recall"):
        return "withdrawn"
    return "planned" if version.valid_from > clock.now() else "former"


def _plans(programme: Programme, in_force: TermsVersion) -> list[dict]:
    """What is planned; `is_older` when terms were published since the plan was written, which it does not hold."""
    return [
        {"version": one, "since": since(one.valid_from), "is_older": one.number < in_force.number}
        for one in planned_terms(programme, clock.now())
    ]


def _rule_row(rule: dict, programme: Programme, names: dict[str, str], lang: str) -> dict:
    per = rule.get("per") or "line"
    return {
        "id": rule["id"],
        "when": describe_when(rule.get("when"), names=names, day=formats.day),
        "rewards": [
            (level, reward_words(reward, per=per, currency=programme.currency, lang=lang))
            for level, reward in sorted(rule["reward"].items())
        ],
        "paid_sales": rule.get("paid_sales") or 0,
        "cap": rule.get("cap"),
        "priority": rule.get("priority") or 0,
    }


def _partners_named(version: TermsVersion) -> list[str]:
    return [code for rule in version.rules for code in (rule.get("when") or {}).get("partner") or []]


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place) -> HttpResponse:
    """Change the general terms: a new version from now on or from a day to come; the toast can take it back."""
    programme = place.programme
    base = base_of(request, programme)
    form = terms_form(base, request.POST or tried_form(request, place, WhatIfKind.TERMS))
    if request.method == "POST" and form.is_valid():
        if "try" in request.POST:
            if tried := try_form(place, form, form.for_service(base, programme), base, WhatIfKind.TERMS):
                return redirect("office:whatif", programme.code, tried.pk)
        elif publish_general(request, place, form, base):
            return redirect("office:terms", programme.code)
    return page(request, place, "office/terms_edit.html", "terms", start_context(form, base))


def terms_form(base: TermsVersion, data: QueryDict | None = None) -> TermsForm:
    """The form of the general terms, as sent or as the version has it."""
    programme = base.programme
    titles = status_titles(programme)
    chosen = base.settings["accrual"]["statuses"] + (base.settings["accrual"].get("lost") or [])
    statuses = [*titles.items(), *((one, one) for one in chosen if one not in titles)]
    return TermsForm(data, statuses=statuses, initial=initial_terms(base, programme) | initial_start(base))


def publish_general(request: HttpRequest, place: Place, form: TermsForm, base: TermsVersion) -> bool:
    """Publish a valid form; False with the reason in the form. One that changes nothing makes no version."""
    settings, rules = form.for_service(base, place.programme)
    is_same = (settings, rules) == (base.settings, base.rules)
    if is_same and form.valid_from == (base.valid_from if base.valid_from > clock.now() else None):
        say(request, _("Saved."))
    elif not publish_form(request, place, form, (settings, rules), base, form.cleaned_data["note"]):
        return False
    _save_welcome(place, form)
    return True


def start_context(form: StartForm, base: TermsVersion) -> dict:
    """What every form that publishes terms shows beside its own fields."""
    programme, now = base.programme, clock.now()
    return {
        "form": form,
        "base": base,
        "based_on": form.data.get("based_on") or latest(programme).number,
        "is_plan": base.valid_from > now,
        "plans": [(one, since(one.valid_from)) for one in planned_terms(programme, now) if one.pk != base.pk],
    }


def publish_form(
    request: HttpRequest,
    place: Place,
    form: StartForm,
    content: tuple[dict, list],
    base: TermsVersion,
    note: str,
) -> bool:
    """Publish what a form says from the moment it says; False with the reason in the form."""
    try:
        seen = form.data.get("based_on", "")
        publish(request, place, *content, base, note=note, valid_from=form.valid_from, seen=seen)
    except TermsChanged:
        form.add_error(
            None, _("A colleague has published other terms meanwhile. Look at them and try again.")
        )
    except TermsBegun:
        form.add_error(None, _("The plan has come into force meanwhile. Look at the terms and try again."))
    except TermsError as problem:
        form.add_error(None, str(problem))
    else:
        return True
    return False


def publish(
    request: HttpRequest,
    place: Place,
    settings: dict,
    rules: list,
    base: TermsVersion,
    *,
    note: str,
    valid_from: datetime | None = None,
    seen: str = "",
) -> TermsVersion:
    """Publish and say so, with a way back. A plan that the form started from is replaced; `seen`: its last version."""
    is_plan = base.valid_from > clock.now()
    with transaction.atomic():
        if is_plan:
            withdraw_terms(version=base, actor=place.user)
        made = publish_terms(
            programme=place.programme,
            settings=settings,
            rules=rules,
            actor=place.user,
            based_on=int(seen) if seen.isdecimal() else latest(place.programme).number,
            note=note,
            valid_from=valid_from,
        )
    code = place.programme.code
    if valid_from:
        words = _("Terms %(number)d are planned. They hold for orders made from %(since)s on.")
        undo = reverse("office:terms_withdraw", args=[code, made.number])
    else:
        words = _("Terms %(number)d are published. They hold for orders made from now on.")
        undo = reverse("office:terms_restore", args=[code, base.number])
    said = words % {"number": made.number, "since": since(made.valid_from)}
    say(request, said, undo_url="" if is_plan else undo)
    return made


@office_page(*RULERS)
def withdraw(request: HttpRequest, place: Place, number: int) -> HttpResponse:
    """Call off a plan before its moment: a question first, the version stays in the list as withdrawn."""
    found = get_object_or_404(TermsVersion, programme=place.programme, number=number)
    terms_url = reverse("office:terms", args=[place.programme.code])
    if request.method == "POST":
        try:
            withdraw_terms(version=found, actor=place.user)
        except TermsBegun:
            pass
        else:
            say(request, _("The plan of terms %(number)d is withdrawn.") % {"number": found.number})
            return redirect(terms_url)
    elif found.valid_from > clock.now() and not hasattr(found, "recall"):
        return ask(
            request,
            title=_("Withdraw the terms planned from %(since)s?") % {"since": since(found.valid_from)},
            text=_("The present terms hold on. Partners see that the plan is called off."),
            yes=_("Withdraw"),
            no_url=terms_url,
            is_danger=True,
        )
    say(request, _("These terms are not a plan any more: nothing was changed."), is_bad=True)
    return redirect(terms_url)


@require_POST
@office_page(*RULERS)
def restore(request: HttpRequest, place: Place, number: int) -> HttpResponse:
    """Publish a former version's content again, as a new version: history is never rewritten."""
    former = TermsVersion.objects.filter(programme=place.programme, number=number).first()
    if former is None:
        raise Http404
    base = terms_version_at(place.programme, clock.now())
    if (base.settings, base.rules) != (former.settings, former.rules):
        note = _("As in terms %(number)d") % {"number": former.number}
        publish(request, place, former.settings, former.rules, base, note=note)
    return redirect("office:terms", place.programme.code)


def _save_welcome(place: Place, form: TermsForm) -> None:
    digits = CURRENCY_DIGITS[place.programme.currency]
    changes = {
        "welcome_minor": parse_minor(f"{form.cleaned_data['welcome']:.{digits}f}", digits),
        "is_welcome_payable": form.cleaned_data["is_welcome_payable"],
    }
    if any(getattr(place.programme, field) != value for field, value in changes.items()):
        update_programme(programme=place.programme, actor=place.user, changes=changes)
