"""The fake shop as one value: its memory, its webhook sender, its faults, and a few often asked questions."""

from dataclasses import dataclass, field
from typing import Any

from molva.demo.shop.faults import Faults
from molva.demo.shop.hooks import HookSender
from molva.demo.shop.store import Row, Store
from molva.kit.clock import now


class Refused(Exception):
    """The shop will not do that: 422 with {field: [messages]}."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(str(errors))
        self.errors = errors


@dataclass
class Window:
    """Calls of one key since the first of them; `started` is seconds since 1970."""

    started: float = 0.0
    calls: int = 0


@dataclass
class Shop:
    """Everything a request needs. `host` is what browsers and API clients call, such as 127.0.0.1:8010."""

    store: Store
    hooks: HookSender
    faults: Faults
    host: str
    windows: dict[str, Window] = field(default_factory=dict)
    # Shops of the same server by their permanent id, this one too.
    shops: "dict[int, Shop]" = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Address of the storefront without a slash at the end."""
        return f"http://{self.host}"

    @property
    def account_id(self) -> int:
        """The shop's permanent id (insales_id)."""
        return int(self.store.settings["account_id"])

    @property
    def language(self) -> str:
        """ru or en."""
        return str(self.store.settings["language"])

    @property
    def hosts(self) -> list[str]:
        """Hosts that the storefront answers on: its own first, then those of the shop's settings."""
        return [self.host, *self.store.settings.get("extra_domains", [])]

    @property
    def main_host(self) -> str:
        """The host that buyers should be sent to."""
        return str(self.store.settings.get("main_host") or self.host)

    def told_cookies(self, cookies: dict[str, str]) -> dict[str, str]:
        """Those of a browser's cookies that orders may tell."""
        names = str(self.store.settings["client_cookies_whitelist"] or "").replace(",", " ").split()
        return {name: cookies[name] for name in names if name in cookies}

    def announce(self, topic: str, number: int, body: Any) -> None:
        """Tell the webhooks of a topic about the thing with this id."""
        webhooks = list(self.store.tables["webhook"].values())
        if webhooks:
            self.hooks.announce(topic, number, body, webhooks)

    def statuses(self) -> list[Row]:
        """Custom statuses in the order of the shop's list."""
        return sorted(self.store.tables["status"].values(), key=lambda row: row["position"])

    def status(self, permalink: str) -> Row | None:
        """A custom status by its permalink."""
        return next((row for row in self.statuses() if row["permalink"] == permalink), None)

    def variant(self, variant_id: int) -> tuple[Row, Row] | None:
        """Product and variant by the variant's id."""
        for product in self.store.tables["product"].values():
            for variant in product["variants"]:
                if variant["id"] == variant_id:
                    return product, variant
        return None

    def open_shop(self, *, port: int = 0, public_host: str | None = None, account_id: int = 0) -> "Shop":
        """Another shop of the same server; only a running one can."""
        raise NotImplementedError

    def count_call(self, login: str) -> tuple[int, int]:
        """Count one API call of a key: (calls in the window, seconds to wait; 0 when the call is allowed)."""
        window, seconds = self.windows.setdefault(login, Window()), now().timestamp()
        if seconds - window.started >= self.faults.limit_seconds:
            window.started, window.calls = seconds, 0
        if self.faults.limit_on and window.calls >= self.faults.limit_calls:
            return window.calls, max(1, int(window.started + self.faults.limit_seconds - seconds) + 1)
        window.calls += 1
        return window.calls, 0
