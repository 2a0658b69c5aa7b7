"""What can go wrong with programmes; faces show `str(error)` next to the field, already translated."""


class TermsError(ValueError):
    """Terms that cannot be published; `problems` is a list of (JSON pointer, message)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer}: {message}" for pointer, message in problems))
        self.problems = problems


class TermsChanged(RuntimeError):
    """Somebody else published terms since this form was opened."""


class TermsBegun(RuntimeError):
    """These terms hold already, or are withdrawn: only a plan can be called off."""


class PartnerExists(ValueError):
    """This e-mail already takes part in the programme; `partner` is that place."""

    def __init__(self, partner: object) -> None:
        super().__init__("partner exists")
        self.partner = partner


class EmailTaken(ValueError):
    """The e-mail is another person's; never says whose."""


class InviterCircle(ValueError):
    """The inviter chosen was, directly or not, invited by this very partner."""
