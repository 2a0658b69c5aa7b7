"""The programme in which a self-test walks: a hidden twin of the real one, with its terms and its shop's address."""

from django.db import transaction

from molva.kit import clock
from molva.programmes.models import Programme, TermsVersion
from molva.programmes.queries import terms_version_at
from molva.programmes.services import create_programme, publish_terms
from molva.tracking.services import refresh_links

# What must be as in the real programme for the test to prove anything about it.
_COPIED = ("shop_url", "shop_hosts", "mark_param", "timezone")


@transaction.atomic
def sandbox_for(programme: Programme) -> Programme:
    """The twin, made on first use; its terms in force and its addresses are those of the real one from now on."""
    real = terms_version_at(programme, clock.now())
    twin = Programme.objects.filter(sandbox_of=programme).first()
    if twin is None:
        twin = create_programme(
            name=programme.name,
            code=f"selftest-{programme.pk}",
            shop_url=programme.shop_url,
            currency=programme.currency,
            timezone=programme.timezone,
            settings=real.settings,
            rules=real.rules,
        )
        twin.sandbox_of = programme
    for name in _COPIED:
        setattr(twin, name, getattr(programme, name))
    twin.save()
    _follow_terms(twin, real)
    refresh_links(twin)
    return twin


def _follow_terms(twin: Programme, real: TermsVersion) -> None:
    mine = terms_version_at(twin, clock.now())
    if (mine.settings, mine.rules) != (real.settings, real.rules):
        last = TermsVersion.objects.filter(programme=twin).latest("number")
        publish_terms(
            programme=twin, settings=real.settings, rules=real.rules, actor=None, based_on=last.number
        )
