"""Terms of the programme: what holds now in plain words, the form that publishes a new version, the versions before."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from molva.integrations.queries import status_titles
from molva.kit import clock
from molva.kit.money import CURRENCY_DIGITS, parse_minor
from molva.programmes.errors import TermsChanged, TermsError
from molva.programmes.models import Programme, TermsVersion
from molva.programmes.queries import terms_version_at
from molva.programmes.services import publish_terms, update_programme
from molva.programmes.wording import describe_terms, describe_when, reward_words, special_rules
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.shell import page
from molva.web.office.terms_form import TermsForm, initial_terms
from molva.web.ui.flash import say


def latest(programme: Programme) -> TermsVersion:
    """The last published version, also one that begins later."""
    return TermsVersion.objects.filter(programme=programme).latest("number")


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
        TermsVersion.objects.filter(programme=programme).select_related("created_by").order_by("-number")
    )
    in_force = terms_version_at(programme, clock.now())
    names = dict(programme.partners.filter(code__in=_partners_named(shown)).values_list("code", "name"))
    context = {
        "shown": shown,
        "in_force": in_force,
        "is_in_force": shown.pk == in_force.pk,
        "clauses": describe_terms(programme, shown, statuses=titles, lang=lang),
        "rules": [_rule_row(rule, programme, names, lang) for rule in special_rules(shown)],
        "versions": versions,
        "gone": [one for one in shown.settings["accrual"]["statuses"] if titles and one not in titles],
        "may_edit": place.may(*RULERS) and shown.number == versions[0].number,
    }
    return page(request, place, "office/terms.html", "terms", context)


def _rule_row(rule: dict, programme: Programme, names: dict[str, str], lang: str) -> dict:
    per = rule.get("per") or "line"
    return {
        "id": rule["id"],
        "when": describe_when(rule.get("when"), names=names),
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
    """Change the general terms: a new version for orders from now on; the toast can take it back."""
    programme = place.programme
    base = latest(programme)
    titles = status_titles(programme)
    chosen = base.settings["accrual"]["statuses"] + (base.settings["accrual"].get("lost") or [])
    statuses = [*titles.items(), *((one, one) for one in chosen if one not in titles)]
    form = TermsForm(request.POST or None, statuses=statuses, initial=initial_terms(base, programme))
    if request.method == "POST" and form.is_valid():
        settings, rules = form.for_service(base, programme)
        try:
            _save_welcome(place, form)
            if (settings, rules) != (base.settings, base.rules):
                publish(request, place, settings, rules, base, note=form.cleaned_data["note"])
            else:
                say(request, _("Saved."))
        except TermsChanged:
            form.add_error(
                None, _("A colleague has published other terms meanwhile. Look at them and try again.")
            )
        except TermsError as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("office:terms", programme.code)
    context = {"form": form, "base": base, "based_on": request.POST.get("based_on", base.number)}
    return page(request, place, "office/terms_edit.html", "terms", context)


def publish(
    request: HttpRequest, place: Place, settings: dict, rules: list, base: TermsVersion, *, note: str
) -> TermsVersion:
    """Publish and say so, with a way back."""
    based_on = int(request.POST.get("based_on") or base.number)
    made = publish_terms(
        programme=place.programme,
        settings=settings,
        rules=rules,
        actor=place.user,
        based_on=based_on,
        note=note,
    )
    say(
        request,
        _("Terms %(number)d are published. They hold for orders made from now on.") % {"number": made.number},
        undo_url=reverse("office:terms_restore", args=[place.programme.code, base.number]),
    )
    return made


@require_POST
@office_page(*RULERS)
def restore(request: HttpRequest, place: Place, number: int) -> HttpResponse:
    """Publish a former version's content again, as a new version: history is never rewritten."""
    former = TermsVersion.objects.filter(programme=place.programme, number=number).first()
    if former is None:
        raise Http404
    base = latest(place.programme)
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
