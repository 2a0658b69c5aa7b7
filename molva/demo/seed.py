"""Fills an empty Molva with a sample programme that has lived for two months beside the demo shop.

Everything goes through the product's own services, each act in its own time (`clock.pretend`), so the books, the
journal and the reports are what two months of life would have made. Run it while no worker runs: it does the jobs
itself.
"""

import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from molva.commissions.admission import admit_partner
from molva.demo.sample_clicks import store_visits
from molva.demo.sample_life import Life
from molva.demo.sample_plan import DATA, make_plan, partner_email, partner_phone
from molva.demo.sample_shop import ShopControl
from molva.integrations.codes import bring_codes
from molva.integrations.connecting import connect_shop
from molva.integrations.models import ApiWindow, Connection
from molva.integrations.sources.insales.api import InSalesApi
from molva.jobs.worker import Worker
from molva.kit import clock
from molva.programmes.models import Partner, PartnerStatus, Programme, TermsVersion
from molva.programmes.services import create_programme, publish_terms, update_partner, update_programme
from molva.tracking.addresses import check_due
from molva.tracking.codes import CodeOffer, make_codes
from molva.tracking.content import ContentWish, add_content
from molva.tracking.models import CodeDiscount, LinkKind, PromoCode
from molva.tracking.services import create_link
from molva.workspaces.models import User, Workspace
from molva.workspaces.scoping import scope
from molva.workspaces.services import create_workspace, is_set_up

DemoLogins = dict[
    str, str
]  # what to tell the person at the terminal: a name and an address, an e-mail or a password

PROGRAMME = "pogrebok"
OWNER_EMAIL = "owner@example.org"
PARTNER = "MARINA"
LOGINS_FILE = "sample-logins.json"
START_DAYS = 68
SECOND_TERMS_DAYS = 31
SETTINGS: dict[str, Any] = {
    "attribution": {
        "policy": "first",
        "code_over_link": True,
        "click_window_days": 30,
        "term_days": 90,
        "term_mode": "sliding",
        "own_purchases": False,
    },
    "accrual": {"statuses": ["delivered"], "lost": ["otmenen", "vozvrat"], "hold_days": 14},
    "levels": 2,
}
GENERAL: dict[str, Any] = {
    "id": "general",
    "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}},
    "per": "line",
    "paid_sales": 0,
}


class BrokenOffError(RuntimeError):
    """An earlier filling did not come to its end."""


def seed_demo(*, shop_url: str) -> DemoLogins:
    """Fill an empty Molva and return what to tell; a Molva that was filled already only tells it again.

    `shop_url`: the running demo shop, whose host must be among `MOLVA_ALLOW_PRIVATE_HOSTS`. Raises BrokenOffError.
    """
    file = Path(settings.DATA_DIR) / LOGINS_FILE
    if is_set_up():
        if not file.exists():
            raise BrokenOffError("the sample programme is filled in part only: start anew with --fresh")
        stored: DemoLogins = json.loads(file.read_text(encoding="utf-8"))
        return stored
    password = secrets.token_urlsafe(12)
    with ShopControl(shop_url) as shop:
        _Seed(shop, password).run()
    # the shop of the filling counted our calls, and ends with it: the one that people meet begins anew
    ApiWindow.objects.all().delete()
    logins = _logins(shop_url, password)
    file.touch(mode=0o600)
    file.write_text(json.dumps(logins, ensure_ascii=False, indent=1), encoding="utf-8")
    return logins


def _logins(shop_url: str, password: str) -> DemoLogins:
    url = settings.MOLVA_URL
    return {
        "Office": f"{url}/login/password/",
        "Owner's e-mail": OWNER_EMAIL,
        "Owner's password": password,
        "Landing": f"{url}/p/{PROGRAMME}/",
        "Cabinet": f"{url}/login/",
        "Partner's e-mail": f"{partner_email(PARTNER)} (the code is shown on the page)",
        "Shop": f"{shop_url}/",
        "Back office of the shop": f"{shop_url}/admin2/",
    }


class _Seed:
    """One filling: the programme, its people, its clicks, its life."""

    def __init__(self, shop: ShopControl, password: str) -> None:
        self.shop = shop
        self.password = password
        self.now = clock.now().replace(microsecond=0)
        self.language = settings.LANGUAGE_CODE[:2]
        self.words = DATA[self.language]

    def run(self) -> None:
        """Everything, in the order in which it happened."""
        self.shop.limit_calls(is_on=False)
        with clock.pretend(self._ago(START_DAYS)):
            owner, workspace = self._company()
        with scope(workspace):
            with clock.pretend(self._ago(START_DAYS)):
                programme, connection = self._programme(owner)
            self._second_terms(programme, connection, owner)
            partners = self._partners(programme, owner)
            self._promo_codes(partners, connection, owner)
            self._content(partners[PARTNER])
            plan = make_plan(self.now, self.language)
            tokens = store_visits(plan.visits, partners)
            Life(self.shop, connection, owner, self.now, self.words, tokens).live(plan.purchases)
        self.shop.limit_calls(is_on=True)

    def _ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)

    @transaction.atomic
    def _company(self) -> tuple[User, Workspace]:
        owner = User.objects.create_user(
            OWNER_EMAIL, self.password, name=self.words["owner"], language=self.language
        )
        workspace = create_workspace(name=self.words["company"], owner=owner, language=self.language)
        return owner, workspace

    def _programme(self, owner: User) -> tuple[Programme, Connection]:
        programme = create_programme(
            name=self.words["programme"],
            code=PROGRAMME,
            actor=owner,
            shop_url=self.shop.url,
            settings=SETTINGS,
            rules=[GENERAL],
        )
        texts = ("landing_title", "landing_text", "landing_button", "thanks_title", "thanks_text")
        changes: dict[str, Any] = {name: self.words[name] for name in texts}
        changes |= {
            "theme": "letter",
            "support_email": OWNER_EMAIL,
            "min_payout_minor": 50_000,
            "form_fields": {"phone": "optional", "city": "optional"},
        }
        update_programme(programme=programme, actor=owner, changes=changes)
        key, password = self.shop.key()
        connection = connect_shop(
            programme=programme,
            kind="insales",
            host=urlsplit(self.shop.url).netloc,
            login=key,
            password=password,
            actor=owner,
        )
        return programme, connection

    def _second_terms(self, programme: Programme, connection: Connection, owner: User) -> None:
        """More for teas, and one partner's own rate for a while."""
        with InSalesApi(connection) as api:
            collections = {row["permalink"]: str(row["id"]) for row in api.get("/admin/collections.json")}
        second = {"percent": "3"}
        fair_ends = self._ago(-12).replace(hour=21, minute=0, second=0)
        rules = [
            {**GENERAL, "id": self.words["rule_all"]},
            {
                "id": self.words["rule_tea"],
                "when": {"category": [collections["chay-i-travy"]]},
                "reward": {"1": {"percent": "15"}, "2": second},
                "per": "line",
                "paid_sales": 0,
            },
            {
                "id": self.words["rule_fair"],
                "when": {"partner": ["PAVEL"], "valid_to": fair_ends.isoformat()},
                "reward": {"1": {"percent": "12"}, "2": second},
                "per": "line",
                "paid_sales": 0,
            },
        ]
        with clock.pretend(self._ago(SECOND_TERMS_DAYS)):
            last = TermsVersion.objects.filter(programme=programme).latest("number")
            publish_terms(
                programme=programme,
                settings=SETTINGS,
                rules=rules,
                actor=owner,
                based_on=last.number,
                note=self.words["note_second"],
            )

    def _partners(self, programme: Programme, owner: User) -> dict[str, Partner]:
        partners: dict[str, Partner] = {}
        for one in DATA["partners"]:
            name, city = one[self.language]
            with clock.pretend(self._ago(one["joined"])):
                partners[one["code"]] = admit_partner(
                    programme=programme,
                    name=name,
                    city=city,
                    code=one["code"],
                    email=partner_email(one["code"]),
                    phone=partner_phone(one["code"]),
                    groups=[self.words["blog"]] if one.get("blog") else [],
                    invited_by=partners.get(one.get("inviter", "")),
                    status=PartnerStatus.PENDING if one.get("waiting") else None,
                )
            if one.get("blocked"):
                with clock.pretend(self._ago(one["blocked"])):
                    changes = {"status": PartnerStatus.BLOCKED, "note": self.words["note_blocked"]}
                    update_partner(partner=partners[one["code"]], actor=owner, changes=changes)
        return partners

    def _promo_codes(self, partners: dict[str, Partner], connection: Connection, owner: User) -> None:
        """The codes are made here, and Molva puts them into the shop, which takes the discount off."""
        offer = CodeOffer(discount_kind=CodeDiscount.PERCENT, discount=500)
        for one in DATA["partners"]:
            if one.get("promo"):
                with clock.pretend(self._ago(one["joined"] - 0.1)):
                    codes = [(partners[one["code"]], one["promo"])]
                    make_codes(programme=connection.programme, codes=codes, offer=offer, actor=owner)
        bring_codes(programme_id=connection.programme_id)
        with clock.pretend(self._ago(30)):
            for code, page, kind in (
                ("CHASHKA", "/collection/chay-i-travy", LinkKind.LINK),
                ("PAVEL", "/collection/myod", LinkKind.QR),
            ):
                name = self.words["fair"] if kind == LinkKind.QR else ""
                create_link(partner=partners[code], page_url=self.shop.url + page, kind=kind, name=name)
            # only now does the shop have every code that its set-up reads
            Worker(scope=scope).run_until_empty()

    def _content(self, partner: Partner) -> None:
        """What one partner has published: one that opens, one whose page is gone, one that is not out yet."""
        for one in self.words["content"]:
            at = self._ago(one["days"])
            wish = ContentWish(
                title=one["title"],
                kind=one["kind"],
                url=f"{self.shop.url}{one['at']}" if one["at"] else "",
                tags=one["tags"],
                published_date=at.date() if one["at"] else None,
                page_url=f"{self.shop.url}{one['page']}",
                promo=PromoCode.objects.filter(partner=partner, is_private=False).first(),
            )
            with clock.pretend(at):
                add_content(partner=partner, wish=wish, actor=partner)
        for days in (2.5, 1.5, 0.5):
            with clock.pretend(self._ago(days)):
                check_due()
