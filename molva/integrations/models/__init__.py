"""Stage 8, the edge: shops that tell us of orders, and everything they sent, as it came.

A payload is stored before it is understood; what cannot be understood waits here with a reason and can be retried.
"""

from molva.integrations.models.connection import Connection
from molva.integrations.models.inbound import InboundEvent, InboundState
from molva.integrations.models.install import AppInstall, InstallState, ShopStaff
from molva.integrations.models.setup import SetupStep, StepState
from molva.integrations.models.shop_code import ShopCode, ShopCodeState

__all__ = [
    "AppInstall",
    "Connection",
    "InboundEvent",
    "InboundState",
    "InstallState",
    "SetupStep",
    "ShopCode",
    "ShopCodeState",
    "ShopStaff",
    "StepState",
]
