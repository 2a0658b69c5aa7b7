"""Makes what tests start from. Each needs an open scope, except `make_workspace`, which gives one to open."""

import itertools
from datetime import datetime
from typing import Any

from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.tracking.models import Customer
from molva.workspaces.models import Role, User, Workspace

_numbers = itertools.count(1)


def make_workspace(**fields: Any) -> Workspace:
    """A company with nobody in it yet."""
    return Workspace.objects.create(**{"name": "Травы и мёд", **fields})


def make_user(**fields: Any) -> User:
    """A person who can sign in by code."""
    return User.objects.create_user(**{"email": f"user{next(_numbers)}@example.org", **fields})


def make_member(workspace: Workspace, role: str = Role.OWNER) -> User:
    """A user who belongs to the staff of a workspace."""
    user = make_user()
    user.memberships.model.objects.create(user=user, role=role)
    return user


def make_programme(**fields: Any) -> Programme:
    """A programme in roubles, without terms."""
    return Programme.objects.create(**{"code": f"p{next(_numbers)}", "name": "Друзья магазина", **fields})


def make_partner(programme: Programme, **fields: Any) -> Partner:
    """An active partner."""
    number = next(_numbers)
    return Partner.objects.create(
        **{"programme": programme, "code": f"PARTNER{number}", "name": f"Партнёр {number}", **fields}
    )


def make_customer(programme: Programme, **fields: Any) -> Customer:
    """A person who is known and nobody's."""
    return Customer.objects.create(**{"programme": programme, "name": "Марина К.", **fields})


def make_order(programme: Programme, customer: Customer | None = None, **fields: Any) -> Order:
    """An order without lines, told by hand, not judged yet."""
    number = str(10_000 + next(_numbers))
    at: datetime = fields.pop("created_at", None) or clock.now()
    defaults = {
        "programme": programme,
        "source": "manual",
        "external_id": number,
        "number": number,
        "customer": customer or make_customer(programme),
        "created_at": at,
        "seq": 1,
        "creation_seq": 1,
        "creation": {},
        "status": "new",
    }
    return Order.objects.create(**{**defaults, **fields})
