"""People of the month: a company, its programme, thousands of partners with their links and codes, all from one seed.

Everything goes through the product's own services where the number allows it; partners, links and codes are written as
plain rows in the shape that `admit_partner` leaves (compared by `tests/` of those services), because an account with a
password hash for each of twenty thousand people takes minutes and measures nothing.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from molva.kit.clock import pretend
from molva.kit.rows import update_each
from molva.programmes.models import Partner, PartnerVersion, Programme
from molva.programmes.services import create_programme, publish_terms
from molva.tracking.models import Link, PromoCode
from molva.workspaces.models import User, Workspace
from molva.workspaces.scoping import scope
from molva.workspaces.services import create_workspace

SEED = 20_261_126
START = datetime(2026, 3, 1, tzinfo=UTC)  # partners join in the year before
LINKS = 4  # links of a partner, beside the bare partner parameter
CODES_EACH = 4  # every fourth partner has a promo code
HOLD_FROM_DAYS = 14  # orders of the last so many days wait for their term
OFFICE_EMAIL = "owner@month.example"
_NAMES = [
    "Анна",
    "Борис",
    "Вера",
    "Глеб",
    "Дина",
    "Егор",
    "Жанна",
    "Захар",
    "Инна",
    "Кирилл",
    "Лада",
    "Марк",
    "Нина",
    "Олег",
    "Полина",
    "Роман",
    "Софья",
    "Тимур",
]
_SURNAMES = [
    "Орлова",
    "Белов",
    "Седова",
    "Ким",
    "Гущина",
    "Лаптев",
    "Чернова",
    "Панин",
    "Юсупова",
    "Маркин",
    "Ильина",
    "Зотов",
    "Крылова",
    "Дёмин",
]
_CITIES = ["Москва", "Казань", "Омск", "Пермь", "Тверь", "Уфа", ""]


@dataclass(frozen=True, slots=True)
class World:
    """Who is there: ids of rows, codes by rank (rank 0 brings the most)."""

    workspace: int
    programme: int
    partners: list[int]
    codes: list[str]
    links: list[list[int]]
    promo_codes: dict[int, str]  # by rank
    cum_weights: list[float]


def weights(count: int) -> list[float]:
    """How often partners are followed, by rank, added up: number 17 of 20 000 gets 150 000 of 80 million clicks."""
    return list(accumulate((rank + 26) ** -0.8 for rank in range(count)))


def make_world(partners: int, *, until: datetime) -> World:
    """Make everybody; the database is empty. Terms change `HOLD_FROM_DAYS` before `until`."""
    rng = random.Random(SEED)
    begin = START - timedelta(days=400)
    with pretend(begin):
        owner = User.objects.create_user(OFFICE_EMAIL, "a password of the month", name="Owner", language="ru")
        workspace = create_workspace(name="Месяц", owner=owner, language="ru")
    with scope(workspace):
        with pretend(begin):
            programme = _programme()
        _wait_for_terms(programme, until - timedelta(days=HOLD_FROM_DAYS))
        _partners(programme, partners, rng, begin)
    return read_world(workspace)


def read_world(workspace: Workspace | None = None) -> World:
    """The same from a database where it has been made."""
    workspace = workspace or Workspace.objects.get()
    with scope(workspace):
        programme = Programme.objects.get()
        rows = list(Partner.objects.order_by("pk").values_list("pk", "code"))
        ranks = {pk: rank for rank, (pk, _code) in enumerate(rows)}
        links: list[list[int]] = [[] for _ in rows]
        for pk, partner in Link.objects.order_by("pk").values_list("pk", "partner_id"):
            links[ranks[partner]].append(pk)
        promo = {ranks[owner]: code for owner, code in PromoCode.objects.values_list("partner_id", "code")}
    ids, codes = [pk for pk, _ in rows], [code for _, code in rows]
    return World(workspace.pk, programme.pk, ids, codes, links, promo, weights(len(rows)))


def _programme() -> Programme:
    settings = {
        "attribution": {
            "policy": "last", "code_over_link": True, "click_window_days": 90, "term_days": 365,
            "term_mode": "sliding", "own_purchases": False,
        },
        "accrual": {"statuses": ["delivered"], "lost": ["cancelled", "returned"], "hold_days": 0},
        "levels": 2,
    }  # fmt: skip
    rules = [{"id": "general", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}}, "per": "line",
              "paid_sales": 0}]  # fmt: skip
    return create_programme(
        name="Месяц", code="month", shop_url="https://shop.example/", settings=settings, rules=rules
    )


def _wait_for_terms(programme: Programme, at: datetime) -> None:
    first = programme.terms.get()
    settings = {**first.settings, "accrual": {**first.settings["accrual"], "hold_days": 14}}
    with pretend(at):
        publish_terms(programme=programme, settings=settings, rules=first.rules, actor=None, based_on=1)


def _partners(programme: Programme, count: int, rng: random.Random, begin: datetime) -> None:
    workspace = programme.workspace_id
    users = [
        User(email=f"p{n}@month.example", name=_name(rng), password="!", created_at=begin)  # noqa: S106
        for n in range(count)
    ]
    User.objects.bulk_create(users, batch_size=500)
    partners: list[Partner] = []
    inviters: dict[int, int] = {}  # by number
    for n, user in enumerate(users):
        partner = Partner(
            programme=programme, workspace_id=workspace, user=user, code=f"p{n:05}", code_folded=f"p{n:05}",
            name=user.name, email=user.email, phone=f"+7900{n:07}", city=rng.choice(_CITIES),
            groups=["Опт"] if n % 50 == 0 else [], joined_at=begin + timedelta(minutes=25 * n),
            status="blocked" if n % 97 == 96 else "active",
        )  # fmt: skip
        if n > 20 and rng.random() < 0.3:  # invited by one who was there before
            inviters[n] = int(rng.random() ** 3 * (n - 1))
        partners.append(partner)
    Partner.objects.bulk_create(partners, batch_size=500)
    for n, inviter in inviters.items():
        partners[n].invited_by = partners[inviter]
    update_each([partners[n] for n in inviters], ["invited_by"])
    PartnerVersion.objects.bulk_create([_version(one, programme) for one in partners], batch_size=500)
    Link.objects.bulk_create(
        [_link(one, programme, number) for one in partners for number in range(LINKS)], batch_size=500
    )
    PromoCode.objects.bulk_create(
        [
            PromoCode(programme=programme, workspace_id=workspace, partner=one, code=f"C{one.code.upper()}",
                      code_folded=f"c{one.code}", valid_from=begin)
            for one in partners[::CODES_EACH]
        ],
        batch_size=500,
    )  # fmt: skip


def _name(rng: random.Random) -> str:
    return f"{rng.choice(_NAMES)} {rng.choice(_SURNAMES)}"


def _version(partner: Partner, programme: Programme) -> PartnerVersion:
    state = {
        "invited_by": partner.invited_by.code if partner.invited_by else None, "groups": partner.groups,
        "email": partner.email, "phone": partner.phone, "blocked": partner.is_blocked,
    }  # fmt: skip
    return PartnerVersion(
        partner=partner, programme_id_ref=programme.pk, valid_from=partner.joined_at, state=state
    )


def _link(partner: Partner, programme: Programme, number: int) -> Link:
    code = partner.code if not number else f"{partner.code}-{number}"
    return Link(
        workspace_id=programme.workspace_id, programme=programme, partner=partner, code=code, code_folded=code,
        name="" if not number else f"Ссылка {number}", is_main=not number, created_at=partner.joined_at,
        target_url=f"https://shop.example/?aff={partner.code}", updated_at=partner.joined_at,
    )  # fmt: skip
