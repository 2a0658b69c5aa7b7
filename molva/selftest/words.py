"""What each step proves, what it found, and what went wrong, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# key: (title, what it proves)
STEPS: dict[str, tuple["Promise", "Promise"]] = {
    "landing": (_("The page for partners opens"), _("New partners can register at the public address.")),
    "partner": (_("A partner registers"), _("A place, a link and an inviter are there at once.")),
    "link": (_("The link leads to the shop"), _("The partner's mark and a signed click are in the address.")),
    "click": (_("The click is counted"), _("It is on the disk, loaded once, and the partner's.")),
    "order": (
        _("A buyer orders"),
        _("The order is the partner's, although phone and e-mail are new; nothing is owed yet."),
    ),
    "hook": (_("The shop tells of the order"), _("A hook of the shop comes by itself.")),
    "accrual": (
        _("The order reaches the status that earns"),
        _("The amounts of your terms are posted on each level, with their explanation."),
    ),
    "books": (_("The books agree"), _("Balances in the ledger are the sums of what was posted.")),
    "taken_back": (_("The order is returned"), _("What was accrued is taken back to the kopeck.")),
    "removed": (_("The test leaves nothing behind"), _("No order of the test stays in the shop.")),
}
_REASONS: tuple[tuple[str, "Promise"], ...] = (
    (
        "no answer",
        _("Molva does not answer at its own public address. Check MOLVA_URL, the proxy and the certificate."),
    ),
    ("the page answers", _("The page for partners does not open.")),
    ("registration is closed", _("Registration is closed in the settings: new partners are not taken now.")),
    (
        "the programme has no shop address",
        _("The programme has no address of the shop: links have nowhere to lead."),
    ),
    ("the process of links does not know", _("The process of links does not see new links: is it running?")),
    ("the link answers", _("The link does not lead on. Is the process of links running?")),
    ("the link does not lead to the shop", _("The link leads to another place than the shop.")),
    ("the partner's mark is missing", _("The partner's mark is missing in the address of the shop.")),
    (
        "the click got no id",
        _("The click could not be stored: the disk is full or slow, or too many come at once."),
    ),
    ("the click is not loaded", _("The click is stored, but nobody loads it: is the worker running?")),
    ("the click is somebody else's", _("The click was counted for another partner.")),
    ("the order is not the partner's", _("The order was not given to the partner who brought it.")),
    ("money was posted before", _("Money was posted before the order reached a status that earns.")),
    (
        "none of the statuses that earn exists",
        _("None of the statuses that earn exists in the shop: choose them anew in the terms."),
    ),
    (
        "every status of the shop earns",
        _("Every status of the shop earns: a return could never be taken back."),
    ),
    (
        "no hook of the shop came",
        _("No hook of the shop came. Orders are found by polling, within fifteen minutes."),
    ),
    ("what is posted is not", _("What is posted is not what the explanation says.")),
    (
        "by your terms this order earns nothing",
        _("By your terms this order earns nothing. Is that what you wish?"),
    ),
    ("a balance is not", _("A balance is not the sum of its postings.")),
    ("something of a returned order", _("Something of a returned order stays posted.")),
    (
        "the shop has no product",
        _("The shop has no product to order, so the order was only told as the shop would."),
    ),
)


def step_title(key: str) -> str:
    """The name of a step."""
    return str(STEPS[key][0]) if key in STEPS else key


def reason_words(reason: str) -> str:
    """A reason of a step in words for people; one that is not of ours as it is (a shop's, a defect's)."""
    return next((str(words) for start, words in _REASONS if reason.startswith(start)), reason)
