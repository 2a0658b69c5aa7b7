"""Two companies that are twins: whatever one has, the other has too, and the other's words carry a canary."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from molva.commissions.admission import admit_partner
from molva.domain.inbound import InboundClient, InboundLine, InboundMarks, InboundOrder
from molva.integrations.models import (
    AppInstall,
    Connection,
    Finding,
    InboundEvent,
    InboundState,
    InstallState,
    ShopStaff,
)
from molva.integrations.telling import tell
from molva.jobs.models import Job, JobState
from molva.kit import clock
from molva.kit.clock import to_micros
from molva.orders.models import Order
from molva.payouts.services import draft_payout
from molva.programmes.models import Partner, Programme, TermsVersion
from molva.programmes.news import publish_news, write_news
from molva.programmes.services import create_programme
from molva.reports.exports import ask_export, path_of
from molva.reports.models import Export, ExportState
from molva.selftest.models import SelfTest
from molva.tracking.codes import CodeOffer, make_codes, request_codes
from molva.tracking.content import ContentWish, add_content
from molva.whatif.models import WhatIf, WhatIfKind, WhatIfPartner, WhatIfState
from molva.whatif.runs import begin
from molva.workspaces.models import Member, Role, User, Workspace
from molva.workspaces.scoping import scope
from tests.commissions.conftest import RULES, SETTINGS
from tests.factories import make_member, make_user, make_workspace
from tests.integrations.conftest import connection, fake_shop, programme  # noqa: F401 (fixtures)

CANARY = "KANAREIKA7F3A"


@dataclass
class Twin:
    """One company: its people by role and the ids of its things by the name that addresses give them."""

    workspace: Workspace
    programme: Programme
    seller: Partner
    sibling: Partner
    people: dict[str, User]
    ids: dict[str, int | str] = field(default_factory=dict)

    @property
    def users(self) -> dict[str, User | None]:
        """Everybody who may come to the door, by the word of the tests."""
        return {**self.people, "partner": self.seller.user, "sibling": self.sibling.user, "nobody": None}


def _told(twin: Twin, number: str, word: str) -> Order:
    at = to_micros(clock.now())
    inbound = InboundOrder(
        external_id=number, number=number, created_at=at, seq=at, status="delivered",
        status_title=f"Выдан {word}", currency="RUB", delivery_minor=0, discount_minor=0,
        total_minor=100_000,
        client=InboundClient(email=f"{word}@buyer.example".lower(), phone="", name=f"Покупатель {word}"),
        lines=(InboundLine("1", f"Чай {word}", "p1", f"SKU-{word}", "1", 100_000, 100_000),),
        marks=InboundMarks(codes=(twin.seller.code,)),
    )  # fmt: skip
    record = tell(programme=twin.programme, source="test", one=inbound).record
    assert isinstance(record, Order)
    return record


def _things(twin: Twin, word: str) -> None:
    """One of everything that has an address."""
    order = _told(twin, f"NUM-{word}", word)
    shop = Connection(
        programme=twin.programme, kind="insales", name=f"Лавка {word}", external_id=word,
        host=f"{word}.example".lower(),
    )  # fmt: skip
    shop.secrets = {"login": "key", "password": f"SECRET-{word}", "hook": f"HOOK-{word}"}
    shop.save()
    event = InboundEvent(
        connection=shop, topic="orders-update", body=f'{{"id": "{word}"}}'.encode(), object_id=word,
        state=InboundState.DEAD, reason=f"reason {word}",
    )  # fmt: skip
    event.save()
    test = SelfTest.objects.create(programme=twin.programme, state="passed")
    job = Job.objects.create(
        path=f"molva.{word}:job", workspace_id=twin.workspace.pk, state=JobState.DEAD,
        error=f"error {word}", finished_at=clock.now(),
    )  # fmt: skip
    codes = [(twin.seller, f"PROMO{word}")]
    [promo] = make_codes(programme=twin.programme, codes=codes, offer=CodeOffer(), actor=None)
    asked = request_codes(partner=twin.seller, wanted=5, note=word)
    news = write_news(
        programme=twin.programme, title=f"Новость {word}", text=f"Текст {word}", actor=twin.people["owner"]
    )
    publish_news(item=news, actor=twin.people["owner"])
    finding = Finding.objects.create(
        connection=shop, kind="status", key=word, label=f"FIND-{word}", order=order,
        facts={"ours": f"ours-{word}", "theirs": f"theirs-{word}"}, note=f"note {word}",
    )  # fmt: skip
    payout = draft_payout(partner=twin.seller, actor=None, method=f"card {word}", comment=word)
    commission = order.commissions.get(level=1)
    twin.ids = {
        "partner": twin.seller.pk, "customer": order.customer_id, "order": order.pk,
        "commission": commission.pk, "payout": payout.pk, "shop": shop.pk, "inbound": event.pk,
        "job": job.pk, "self_test": test.pk, "news": news.pk, "link": twin.seller.links.get(is_main=True).pk,
        "promo": promo.code, "code": promo.pk, "batch": promo.batch, "code_request": asked.pk,
        "finding": finding.pk,
        "topic": f"csv-{event.pk}",
    }  # fmt: skip
    twin.ids["export"] = _export(twin, word)
    twin.ids["whatif"] = _whatif(twin, word)
    wish = ContentWish(
        title=f"Обзор {word}", url=f"https://video.example/{word}", tags=f"чай{word}", erid=word
    )
    twin.ids["content"] = add_content(partner=twin.seller, wish=wish, actor=twin.seller).pk
    twin.ids |= _application(twin, shop, word)
    InboundEvent.objects.create(
        connection=shop, topic=twin.ids["topic"], body=b'{"number": "1"}', object_id=word
    )


def _export(twin: Twin, word: str) -> int:
    """A long list that the owner has asked for, ready."""
    export = ask_export(
        programme=twin.programme, person=twin.people["owner"], name="orders", query="", form="csv", language="ru",
        rows=6000,
    )  # fmt: skip
    Export.objects.filter(pk=export.pk).update(state=ExportState.READY, finished_at=clock.now())
    path_of(export).parent.mkdir(parents=True, exist_ok=True)
    path_of(export).write_text(f"file {word}", encoding="utf-8")
    return export.pk


def _whatif(twin: Twin, word: str) -> int:
    """Terms that the owner has tried on past orders, with the answer."""
    base = TermsVersion.objects.filter(programme=twin.programme).latest("number")
    tried = begin(
        programme=twin.programme, person=twin.people["owner"], base=base, kind=WhatIfKind.TERMS,
        form={"note": [f"note {word}"]}, content=(base.settings, base.rules),
    )  # fmt: skip
    day = clock.now().date()
    WhatIf.objects.filter(pk=tried.pk).update(state=WhatIfState.READY, first_day=day, last_day=day)
    WhatIfPartner.objects.create(whatif=tried, partner=twin.seller, level1_was_minor=1)
    return tried.pk


def _application(twin: Twin, shop: Connection, word: str) -> dict[str, int]:
    """A shop that asks to be taken in (of the first company: it alone may decide), and people of a shop."""
    is_first = AppInstall.objects.count() == 0
    install = AppInstall(
        kind="insales", external_id=str(AppInstall.objects.count() + 1), host=f"{word}.myinsales.ru".lower(),
        name=f"Лавка {word}", secrets={"password": f"SECRET-{word}", "number": 1, "last": 1},
        facts={"id": word, "name": f"Лавка {word}", "shop_url": "", "statuses": []}, proved_at=clock.now(),
        state=InstallState.WAITING if is_first else InstallState.ACTIVE, connection=None if is_first else shop,
    )  # fmt: skip
    install.save()
    closed = ShopStaff(
        install=install, external_id="1", email=f"closed@{word}.example".lower(), name=f"Бывший {word}",
        user=make_user(), is_closed=True,
    )  # fmt: skip
    closed.save()
    member = Member.objects.create(user=make_user(name=f"Сотрудник {word}"), role="manager")
    return {"install": install.pk, "closed": closed.pk, "member": member.pk}


def make_twin(code: str, word: str) -> Twin:
    """A company whose every word of its own holds `word`."""
    workspace = make_workspace(name=f"Компания {word}")
    with scope(workspace):
        with clock.pretend(clock.now() - timedelta(days=2)):
            rules = [
                *RULES,
                {
                    "id": f"rule-{word}",
                    "when": {"sku": [f"SKU-{word}"]},
                    "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}},
                },
            ]
            programme = create_programme(
                name=f"Друзья {word}", code=code, shop_url=f"https://{word}.example".lower(),
                settings=SETTINGS, rules=rules,
            )  # fmt: skip
            people = {role: make_member(workspace, role) for role in Role.values}
            lead = admit_partner(
                programme=programme, name=f"Пригласивший {word}", email=f"lead@{word}.example".lower(),
                code=f"lead{word}",
            )  # fmt: skip
            seller = admit_partner(
                programme=programme, name=f"Продавец {word}", email=f"seller@{word}.example".lower(),
                code=f"sell{word}", invited_by=lead, phone="+79161234567", city=f"Город {word}",
            )  # fmt: skip
            sibling = admit_partner(
                programme=programme, name=f"Сосед {word}", email=f"next@{word}.example".lower(),
                code=f"next{word}",
            )  # fmt: skip
        twin = Twin(workspace, programme, seller, sibling, people)
        _things(twin, word)
        twin.ids["rule"] = f"rule-{word}"
    return twin


@pytest.fixture
def twins(db: None) -> tuple[Twin, Twin]:
    """Ours and the other company, whose words carry the canary."""
    cache.clear()
    return make_twin("ours", "OURS"), make_twin("theirs", CANARY)


@pytest.fixture
def outsider(db: None) -> User:
    """Signed in, and neither staff nor partner anywhere."""
    return make_user()


@pytest.fixture
def as_user() -> Callable[[User | None], Client]:
    """A browser of a person, or of nobody."""

    def make(user: User | None) -> Client:
        client = Client(raise_request_exception=True)
        if user is not None:
            client.force_login(user)
        return client

    return make
