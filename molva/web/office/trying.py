"""From the form of terms to a what-if and back: what was filled in is kept with it."""

from typing import Any, cast

from django.http import HttpRequest, QueryDict

from molva.programmes.errors import TermsError
from molva.programmes.models import TermsVersion
from molva.web.office.access import Place
from molva.web.office.terms_start import StartForm
from molva.whatif.models import WhatIf, WhatIfKind
from molva.whatif.runs import begin, list_whatifs


def tried_form(request: HttpRequest, place: Place, kind: WhatIfKind) -> QueryDict | None:
    """The form of the person's what-if that `?tried=` names, as it was sent; None: there is no such."""
    number = request.GET.get("tried", "")
    if not number.isdecimal() or len(number) > 18:
        return None
    found = list_whatifs(place.programme, place.user).filter(pk=int(number), kind=kind).first()
    return found.sent if found else None


def try_form(
    place: Place,
    form: StartForm,
    content: tuple[dict[str, Any], list[dict[str, Any]]],
    base: TermsVersion,
    kind: WhatIfKind,
    *,
    rule: str = "",
) -> WhatIf | None:
    """A what-if of what a valid form says; None with the reason in the form."""
    data = cast(QueryDict, form.data)
    sent = {name: values for name, values in data.lists() if name not in ("try", "csrfmiddlewaretoken")}
    try:
        return begin(
            programme=place.programme, person=place.user, base=base, kind=kind, rule=rule, form=sent, content=content
        )  # fmt: skip
    except TermsError as problem:
        form.add_error(None, str(problem))
        return None
