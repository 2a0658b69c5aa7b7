"""Stage 2: from a click to a known customer.

Links and promo codes lead to a partner; clicks become touches; a customer is one person known by ids, e-mails, phones
and visitors; attributions say whose customer it is, and are a projection that `commissions.settle_customer` renews.
"""

from molva.tracking.models.content import AddressState, ContentItem, ContentKind
from molva.tracking.models.counts import (
    ClickDay,
    ClickHour,
    ClickHourTotal,
    ClickTotal,
    IngestMark,
    TrackerNode,
)
from molva.tracking.models.customers import Attribution, Customer, CustomerKey, CustomerVisitor, Touch
from molva.tracking.models.links import (
    CodeDiscount,
    CodeLimit,
    CodeRequest,
    CodeTerms,
    Link,
    LinkKind,
    PromoCode,
    RequestState,
)

__all__ = [
    "AddressState",
    "Attribution",
    "ClickDay",
    "ClickHour",
    "ClickHourTotal",
    "ClickTotal",
    "CodeDiscount",
    "CodeLimit",
    "CodeRequest",
    "CodeTerms",
    "ContentItem",
    "ContentKind",
    "Customer",
    "CustomerKey",
    "CustomerVisitor",
    "IngestMark",
    "Link",
    "LinkKind",
    "PromoCode",
    "RequestState",
    "Touch",
    "TrackerNode",
]
