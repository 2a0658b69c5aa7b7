"""Reads of stage 1."""

import json
from datetime import datetime
from functools import lru_cache

from molva.domain.directory import Timeline
from molva.domain.terms import Terms
from molva.kit.clock import to_micros
from molva.programmes.models import Programme, TermsVersion
from molva.programmes.terms import to_domain


def terms_version_at(programme: Programme, moment: datetime) -> TermsVersion:
    """The version of terms in force at a moment; of several of one moment the last; before the first the first."""
    versions = TermsVersion.objects.filter(programme=programme, recall__isnull=True)
    found = versions.filter(valid_from__lte=moment).order_by("-valid_from", "-number").first()
    return found or versions.order_by("valid_from", "number")[0]


def planned_terms(programme: Programme, moment: datetime) -> list[TermsVersion]:
    """Versions that begin after a moment, the nearest first."""
    versions = TermsVersion.objects.filter(programme=programme, recall__isnull=True)
    return list(versions.filter(valid_from__gt=moment).order_by("valid_from", "number"))


def terms_at(programme: Programme, moment: datetime) -> Terms:
    """The terms in force at a moment, in the rules' form."""
    return compiled(programme, terms_version_at(programme, moment))


class TermsOverTime:
    """All versions of a programme's terms, planned ones too: one query, asked for any moment (microseconds)."""

    def __init__(self, programme: Programme) -> None:
        self._programme = programme
        self._versions: Timeline[TermsVersion] = Timeline()
        self._compiled: dict[int, Terms] = {}
        versions = TermsVersion.objects.filter(programme=programme, recall__isnull=True)
        for version in versions.order_by("valid_from", "number"):
            self._versions.add(to_micros(version.valid_from), version)

    def version_at(self, moment: int) -> TermsVersion:
        """The version in force at a moment; before the first the first."""
        return self._versions.at(moment) or self._versions.values[0]

    def terms_at(self, moment: int) -> Terms:
        """The terms in force at a moment, in the rules' form."""
        version = self.version_at(moment)
        if version.pk not in self._compiled:
            self._compiled[version.pk] = compiled(self._programme, version)
        return self._compiled[version.pk]


def compiled(programme: Programme, version: TermsVersion) -> Terms:
    """One version in the rules' form; compiled once a process, as versions never change."""
    written = json.dumps([version.settings, version.rules], sort_keys=False)
    return _compiled(written, programme.currency, programme.timezone)


@lru_cache(maxsize=512)
def _compiled(written: str, currency: str, timezone: str) -> Terms:
    settings, rules = json.loads(written)
    return to_domain(settings, rules, currency=currency, timezone=timezone)
