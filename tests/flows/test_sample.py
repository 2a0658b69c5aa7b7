"""The sample programme of the demo: filled through the services, whole, sound, and only once."""

from pathlib import Path
from typing import Any

from molva.audit.runner import run_checks
from molva.commissions.models import Commission
from molva.demo.sample_plan import make_plan
from molva.demo.seed import PROGRAMME, seed_demo
from molva.demo.shop import start_shop
from molva.integrations.models import InboundEvent, InboundState
from molva.kit import clock
from molva.orders.models import Order
from molva.payouts.models import Payout
from molva.programmes.models import Partner, PartnerStatus
from molva.reports.content import link_results
from molva.tracking.models import ClickDay, ContentItem
from molva.workspaces.models import Workspace
from molva.workspaces.scoping import scope


def test_the_plan_is_the_same_each_time() -> None:
    now = clock.now()
    assert make_plan(now, "ru") == make_plan(now, "ru")


def test_two_months_of_life(db: None, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    with start_shop() as shop:
        settings.MOLVA_ALLOW_PRIVATE_HOSTS = [shop.host]
        logins = seed_demo(shop_url=shop.url)
        assert seed_demo(shop_url=shop.url) == logins
    assert logins["Landing"].endswith(f"/p/{PROGRAMME}/")
    assert run_checks() == []
    with scope(Workspace.objects.get()):
        assert Partner.objects.count() == 14
        there = set(Partner.objects.values_list("status", flat=True))
        assert there == {PartnerStatus.ACTIVE, PartnerStatus.PENDING, PartnerStatus.BLOCKED}
        assert set(Order.objects.values_list("reason", flat=True)) >= {
            "link", "landing", "code", "attributed", "no_touch", "own_purchase",
        }  # fmt: skip
        assert Order.objects.count() >= 100
        assert set(Commission.objects.values_list("level", flat=True)) == {1, 2}
        assert sorted(Payout.objects.values_list("status", flat=True)) == ["draft", "paid", "paid"]
        assert set(InboundEvent.objects.values_list("state", flat=True)) == {InboundState.APPLIED}
        content = list(ContentItem.objects.order_by("pk"))
        assert [one.address_state for one in content] == ["alive", "dead", "new"]
        results = link_results(content)
        assert all(results[one.link_id].clicks for one in content)
        assert sum(one.orders for one in results.values()) > 0
        assert sum(ClickDay.objects.values_list("clicks", flat=True)) > 1000
