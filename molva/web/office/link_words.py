"""Partner links in words: their public address, and why an address cannot be one."""

from django.conf import settings
from django.utils.translation import gettext as _

from molva.tracking.errors import LinkError
from molva.tracking.models import Link


def public_url(link: Link) -> str:
    """The address that the partner gives away."""
    return f"{settings.MOLVA_TRACKER_URL}/r/{link.code}"


def link_problem(problem: LinkError) -> str:
    """What is wrong with a page's address and what to do."""
    words = {
        "empty": _("Paste the address of a page of the shop."),
        "not_an_address": _("This is not an address of a page. Copy it from the browser."),
        "foreign_host": _("%(host)s is not the shop of this programme. A link leads to its pages only.")
        % {"host": problem.host},
        "no_shop": _(
            "The programme has no shop address yet: connect the shop or write the address in the settings."
        ),
    }
    return words[problem.kind]
