"""The staff of a company as the office shows it: members, and who of them came from a shop."""

from dataclasses import dataclass

from django.db import transaction

from molva.integrations.models import ShopStaff
from molva.workspaces.models import Member, User
from molva.workspaces.services import admit_member, remove_member


@dataclass(frozen=True, slots=True)
class Person:
    """A member with the shop that vouches for them, if any."""

    member: Member
    name: str
    shop: str


def list_people() -> tuple[list[Person], list[ShopStaff]]:
    """Members of the open workspace, owners first; and people of its shops whose access was taken away."""
    came = ShopStaff.objects.select_related("install", "user").order_by("pk")
    shops = {row.user_id: str(row.install) for row in came if not row.is_closed}
    members = Member.objects.select_related("user").order_by("created_at", "pk")
    people = [Person(one, str(one.user), shops.get(one.user_id, "")) for one in members]
    people.sort(key=lambda one: one.member.role != "owner")
    return people, [row for row in came if row.is_closed]


@transaction.atomic
def take_access(*, member: Member, actor: User) -> None:
    """The person is staff no more, and their shop's word lets them in no more. Raises LastOwner."""
    remove_member(member=member, actor=actor)
    ShopStaff.objects.filter(user=member.user).update(is_closed=True)


@transaction.atomic
def give_access(*, staff: ShopStaff) -> Member:
    """The owner lets a person of the shop in again: as a manager, like everybody who comes from a shop."""
    ShopStaff.objects.filter(user=staff.user).update(is_closed=False)
    return admit_member(user=staff.user, by=str(staff.install))
