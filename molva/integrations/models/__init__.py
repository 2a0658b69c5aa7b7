"""Stage 8, the edge: shops that tell us of orders, and everything they sent, as it came.

A payload is stored before it is understood; what cannot be understood waits here with a reason and can be retried.
"""

from molva.integrations.models.comparison import (
    REPAIRABLE,
    ComparisonRun,
    Finding,
    FindingKind,
    FindingState,
    SeenOrder,
)
from molva.integrations.models.connection import Connection
from molva.integrations.models.inbound import InboundEvent, InboundState
from molva.integrations.models.install import AppInstall, InstallState, ShopStaff
from molva.integrations.models.product import ShopProduct
from molva.integrations.models.quota import ApiWindow
from molva.integrations.models.runs import ImportPeriod, ImportRun, RunState
from molva.integrations.models.setup import SetupStep, StepState
from molva.integrations.models.shop_code import ShopCode, ShopCodeState
from molva.integrations.models.subscription import Charge, ChargeState, Subscription

__all__ = [
    "REPAIRABLE",
    "ApiWindow",
    "AppInstall",
    "Charge",
    "ChargeState",
    "ComparisonRun",
    "Connection",
    "Finding",
    "FindingKind",
    "FindingState",
    "ImportPeriod",
    "ImportRun",
    "InboundEvent",
    "InboundState",
    "InstallState",
    "RunState",
    "SeenOrder",
    "SetupStep",
    "ShopCode",
    "ShopCodeState",
    "ShopProduct",
    "ShopStaff",
    "StepState",
    "Subscription",
]
