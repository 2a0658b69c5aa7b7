"""What can go wrong with links and codes; faces translate by `kind`."""


class LinkError(ValueError):
    """An address that cannot be a partner link; `kind`: empty, not_an_address, foreign_host, no_shop."""

    def __init__(self, kind: str, host: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.host = host


class CodeTaken(ValueError):
    """This promo code, or partner code, or link code, is somebody's already."""


class ContentKnown(ValueError):
    """The partner has registered this address already."""


class RequestOpen(ValueError):
    """The partner's earlier request for promo codes has no answer yet."""


class NodeTaken(RuntimeError):
    """Another machine takes clicks under the same MOLVA_TRACKER_NODE."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"another machine takes clicks as node {number}: give this one another MOLVA_TRACKER_NODE"
        )
        self.number = number
