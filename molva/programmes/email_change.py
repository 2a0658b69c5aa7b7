"""Another e-mail for a partner: it is the key to the cabinet, so it changes only when the new address has answered."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import IntegrityError, models, transaction

from molva.kit import clock
from molva.programmes.errors import EmailTaken, PartnerExists
from molva.programmes.models import EmailChange, Partner
from molva.programmes.services import update_partner
from molva.workspaces.models import Member, User
from molva.workspaces.scoping import scope

LIFE = timedelta(days=2)
_SALT = "molva.email-change"


@transaction.atomic
def request_email_change(*, partner: Partner, email: str, actor: User | Partner) -> EmailChange:
    """Note that `email` (normalised) waits for its proof; an earlier one stops waiting. Raises EmailTaken."""
    _refuse_taken(partner, email)
    cancel_email_change(partner=partner)
    change = EmailChange(
        partner=partner, email=email, is_own=isinstance(actor, Partner), expires_at=clock.now() + LIFE
    )
    change.save()
    return change


def cancel_email_change(*, partner: Partner) -> bool:
    """Stop waiting for a new e-mail; whether one was waited for."""
    gone, _each = EmailChange.objects.filter(partner=partner, done_at__isnull=True).delete()
    return gone > 0


def waiting_email(partner: Partner) -> EmailChange | None:
    """The new e-mail that waits for its proof."""
    return _open().filter(partner=partner).first()


def email_token(change: EmailChange) -> str:
    """What stands in the address of the letter. It names the row; nothing secret is stored."""
    return signing.dumps(change.pk, salt=_SALT)


def find_email_change(token: str) -> EmailChange | None:
    """The change that a letter's address means, while it can be confirmed."""
    try:
        pk = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    rows = EmailChange.unscoped.select_related("partner__programme__workspace", "partner__user")
    return rows.filter(pk=pk, done_at__isnull=True, expires_at__gt=clock.now()).first()


@transaction.atomic
def confirm_email_change(*, change: EmailChange) -> str:
    """The new address has answered: it signs in from now on, the old one does not, sessions of the old one end.

    Returns the old address. Raises EmailChange.DoesNotExist when the change is done or called off, EmailTaken.
    """
    # the conditional update is the claim: two presses of the button make one change
    if _open().filter(pk=change.pk).update(done_at=clock.now()) != 1:
        raise EmailChange.DoesNotExist
    partner = Partner.objects.select_related("user", "programme").get(pk=change.partner_id)
    user = partner.user
    if user is None:
        raise EmailChange.DoesNotExist
    _refuse_taken(partner, change.email)
    old = user.email
    try:
        with transaction.atomic():
            if change.is_own:
                _rename(user, change.email)
                _follow(user)
            else:
                _move(partner, user, change.email)
    except IntegrityError as error:  # somebody took it between the look and the write
        raise EmailTaken from error
    return old


@transaction.atomic
def give_email(*, partner: Partner, email: str, actor: User) -> Partner:
    """The first e-mail of a partner who had none: it signs in at once, as with a new partner. Raises PartnerExists."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=partner.name)
    found = Partner.objects.filter(programme=partner.programme, user=user).first()
    if found:
        raise PartnerExists(found)
    user.end_unproved()
    partner.user = user
    return update_partner(partner=partner, actor=actor, changes={"email": email})


def _open() -> "models.QuerySet[EmailChange]":
    return EmailChange.objects.filter(done_at__isnull=True, expires_at__gt=clock.now())


def _refuse_taken(partner: Partner, email: str) -> None:
    others = Partner.objects.filter(programme=partner.programme_id, email=email).exclude(pk=partner.pk)
    if others.exists() or User.objects.filter(email=email).exclude(pk=partner.user_id or 0).exists():
        raise EmailTaken


def _rename(user: User, email: str) -> None:
    EmailAddress.objects.filter(
        user=user
    ).delete()  # the sign-in would go on finding the person by the old one
    user.email = email
    user.save()


def _follow(user: User) -> None:
    """Every place of the person has the new e-mail: own purchases are known by it."""
    for place in Partner.unscoped.select_related("programme").filter(user=user):
        with scope(place.workspace_id):
            update_partner(partner=place, actor=place, changes={"email": user.email})


def _move(partner: Partner, user: User, email: str) -> None:
    """Staff hand this place over: whoever has other places keeps them, and the old address with them."""
    has_others = Partner.unscoped.filter(user=user).exclude(pk=partner.pk).exists()
    if has_others or Member.unscoped.filter(user=user).exists():
        partner.user = User.objects.create_user(email, name=partner.name, language=user.language)
    else:
        user.set_unusable_password()  # it was the former reader's
        _rename(user, email)
    update_partner(partner=partner, actor=None, changes={"email": email})
