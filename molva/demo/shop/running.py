"""A fake shop that runs: in this process for tests, or alone by `python -m molva.demo.shop`."""

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from molva.demo.shop import acts, applications, generator, seed
from molva.demo.shop.admin import applications as owned
from molva.demo.shop.admin import clients, codes, fields, statuses
from molva.demo.shop.bodies import order_body
from molva.demo.shop.faults import Faults
from molva.demo.shop.hooks import HookSender
from molva.demo.shop.outgoing import Answer
from molva.demo.shop.server import Application, ShopServer
from molva.demo.shop.shop import Shop
from molva.demo.shop.store import Row, Store

ACCOUNT_ID = 5895935
SAVE_EVERY = 1.0


class RunningShop(Shop):
    """A shop with its server. Methods take and return API bodies and hold the lock themselves."""

    def __init__(self, shop: Shop, server: ShopServer) -> None:
        super().__init__(shop.store, shop.hooks, shop.faults, shop.host)
        self.shops[self.account_id] = self
        self.server = server
        server.application = Application(self)
        self._closed = threading.Event()
        self._opened: list[RunningShop] = []
        self._threads = [
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True),
            threading.Thread(target=self._keep_saving, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and save; what webhooks are still queued is lost. Shops opened beside it end with it."""
        for shop in self._opened:
            shop.close()
        self._closed.set()
        self.server.shutdown()
        self.server.server_close()
        self.hooks.close()
        self.store.save()

    def open_shop(
        self, *, port: int = 0, public_host: str | None = None, account_id: int = 0
    ) -> "RunningShop":
        """Another shop of this server, on a port of its own; it knows the same applications."""
        number = len(self.shops)
        account, here = account_id or ACCOUNT_ID + number, self.store.path
        place = Place(
            str(self.server.server_address[0]),
            port,
            public_host,
            here.with_name(f"shop-{account}.json") if here else None,
        )
        shop = _start(place, Beginning(self.language, account, step=number), Faults())
        if public_host is None:
            shop.host = f"{self.host.partition(':')[0]}:{shop.server.server_address[1]}"
        shop.shops = self.shops
        self.shops[shop.account_id] = shop
        self._opened.append(shop)
        for row in self.store.tables["application"].values():
            names = ("identifier", "secret", "name", "about", "trial_days", *applications.ADDRESSES)
            applications.register(shop, {name: row[name] for name in names})
        kept = {"port": shop.server.server_address[1], "public_host": shop.host, "account_id": account}
        with self.store.lock:
            others = self.store.settings.setdefault("others", [])
            if all(one["account_id"] != account for one in others):
                others.append(kept)
                self.store.changed = True
        return shop

    def wait(self) -> None:
        """Sleep until somebody closes the shop."""
        self._closed.wait()

    def _keep_saving(self) -> None:
        pause = SAVE_EVERY
        while not self._closed.wait(pause):
            started = time.monotonic()
            self.store.save()
            # A big shop is saved less often: writing must not take more than a tenth of the time.
            pause = max(SAVE_EVERY, 10 * (time.monotonic() - started))

    @property
    def api_key(self) -> str:
        """Login of the admin API."""
        return str(next(iter(self.store.settings["keys"])))

    @property
    def api_password(self) -> str:
        """Password of the admin API."""
        return str(self.store.settings["keys"][self.api_key])

    def add_order(self, **wanted: Any) -> Row:
        """Make an order, see `acts.add_order` for the arguments."""
        with self.store.lock:
            return acts.add_order(self, **wanted)

    def get_order(self, order_id: int) -> Row:
        """The order as the API tells it now."""
        with self.store.lock:
            return order_body(self.store, self.store.orders[order_id])

    def change_order(self, order_id: int, **wanted: Any) -> Row:
        """Do what a person in the back office would: status, paid, decline, delete, return_one, remove_line."""
        names = {"return_one": "return", "remove_line": "remove"}
        acts_by_name: Mapping[str, Any] = {names.get(name, name): value for name, value in wanted.items()}
        with self.store.lock:
            order = self.store.orders[order_id]
            acts.act(self, order, acts_by_name)
            return order_body(self.store, order)

    def register(self, **wanted: Any) -> Row:
        """Tell every shop of this server of an application, see `applications.register`."""
        rows = [applications.register(shop, wanted) for shop in self.shops.values()]
        return rows[0]

    def install(self, identifier: str) -> Answer:
        """Install an application, or install it again: what its install address answered."""
        return applications.install(self, identifier)

    def uninstall(self, identifier: str) -> Answer:
        """Remove an application: what its uninstall address answered."""
        return applications.uninstall(self, identifier)

    def generate(self, **wanted: Any) -> list[tuple[Row, list[str]]]:
        """Make odd orders, see `generator.generate`: bodies with the knobs of each."""
        with self.store.lock:
            return generator.generate(self, **wanted)

    def add_row(self, table: str, **wanted: Any) -> Row:
        """Make a webhook, tag, widget, field, code or client as the API would, for the shop's own key."""
        resources = {
            "webhook": owned.webhooks,
            "tag": owned.tags,
            "widget": owned.widgets,
            "field": fields.fields,
            "code": codes.codes,
            "client": clients.clients,
        }
        with self.store.lock:
            return resources[table].add(self, wanted, self.api_key)

    def add_status(self, title: str, system_status: str) -> Row:
        """Make a custom status."""
        with self.store.lock:
            return statuses.add_status(self, title, system_status)

    def delete_status(self, permalink: str) -> None:
        """Delete a custom status that is not a default one."""
        with self.store.lock:
            row = self.status(permalink)
            if row is None:
                raise LookupError(permalink)
            statuses.delete_status(self, row)


def start_shop(
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    public_host: str | None = None,
    data: Path | None = None,
    language: str = "ru",
    account_id: int = ACCOUNT_ID,
    api_key: str | None = None,
    api_password: str | None = None,
    hook_threads: int = 1,
    fault_seed: int = 1,
) -> RunningShop:
    """Start a shop; close it, or use it as a context manager.

    `port` 0 takes a free one. `public_host` is the host that the shop tells about itself. With `data` everything
    is kept in `data/shop.json`, and a restart goes on with it, whatever language and keys are asked for. One hook
    thread keeps the order of events; more of them deliver faster.
    """
    place = Place(host, port, public_host, data / "shop.json" if data else None)
    first = Beginning(language, account_id, api_key, api_password)
    shop = _start(place, first, Faults(), hook_threads, fault_seed)
    for other in shop.store.settings.get("others", []):
        shop.open_shop(**other)
    return shop


@dataclass(frozen=True)
class Place:
    """Where a shop listens, what it calls itself, and the file that keeps it."""

    host: str
    port: int
    public_host: str | None
    file: Path | None


@dataclass(frozen=True)
class Beginning:
    """What a shop that is not kept anywhere begins with; `step` is its number on the server."""

    language: str
    account_id: int
    api_key: str | None = None
    api_password: str | None = None
    step: int = 0


def _start(
    place: Place, first: Beginning, faults: Faults, hook_threads: int = 1, fault_seed: int = 1
) -> RunningShop:
    store = Store(place.file)
    if not store.settings:
        key, password = first.api_key or secrets.token_hex(16), first.api_password or secrets.token_hex(16)
        seed.fill(
            store,
            first.language,
            account_id=first.account_id,
            api_key=key,
            api_password=password,
            step=first.step,
        )
    seed.fill_staff(store)
    server = ShopServer(place.host, place.port)
    hooks = HookSender(faults, threads=hook_threads, seed=fault_seed)
    told_host = place.public_host or f"{place.host}:{server.server_address[1]}"
    return RunningShop(Shop(store, hooks, faults, told_host), server)
