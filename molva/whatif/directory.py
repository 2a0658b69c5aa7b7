"""Everything a programme's rules may ask of partners, codes and terms, read at once: a what-if asks for all of it."""

from molva.commissions.facts import partner_state_of
from molva.domain.directory import Directory
from molva.kit.clock import to_micros
from molva.programmes.models import Partner, PartnerVersion, Programme, TermsVersion
from molva.programmes.queries import compiled
from molva.tracking.models import PromoCode


class WholeDirectory(Directory):
    """The directory of the live engine (`commissions.facts.LiveDirectory`), in a fixed number of queries."""

    def __init__(self, programme: Programme) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}  # partners' keys by code
        self.codes: dict[int, str] = {}
        self._read_terms(programme)
        self._read_partners(programme)

    def _read_terms(self, programme: Programme) -> None:
        versions = TermsVersion.objects.filter(programme=programme, recall__isnull=True)
        for version in versions.order_by("valid_from", "number"):
            self.add_terms(to_micros(version.valid_from), compiled(programme, version))

    def _read_partners(self, programme: Programme) -> None:
        rows = Partner.objects.filter(programme=programme)
        own = rows.values_list("pk", "code", "code_folded", "joined_at")
        since = {}
        for number, code, folded, joined_at in own:
            self.numbers[code], self.codes[number] = number, code
            since[folded] = (joined_at, code)
        versions = PartnerVersion.objects.filter(partner__programme=programme).order_by("valid_from", "pk")
        for partner, valid_from, state in versions.values_list("partner_id", "valid_from", "state"):
            self.add_partner(to_micros(valid_from), partner_state_of(self.codes[partner], state))
        promo = PromoCode.objects.filter(programme=programme)
        for folded, partner, valid_from, voided_at in promo.values_list(
            "code_folded", "partner_id", "valid_from", "voided_at"
        ):
            since.pop(folded, None)  # a promo code goes before a partner's own code of this spelling
            self.add_code(to_micros(valid_from), folded, self.codes[partner])
            if voided_at is not None:
                self.add_code(to_micros(voided_at), folded, None)
        for folded, (joined_at, code) in since.items():
            self.add_code(to_micros(joined_at), folded, code)
