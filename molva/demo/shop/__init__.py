"""A faithful local InSales: admin API, webhooks, storefront and back office, for newcomers and for tests.

It stands outside Molva and talks to it over HTTP only. See docs/demo-shop.md.
"""

from molva.demo.shop.faults import Faults
from molva.demo.shop.running import RunningShop, start_shop

__all__ = ["Faults", "RunningShop", "start_shop"]
