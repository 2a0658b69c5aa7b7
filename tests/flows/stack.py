"""A whole Molva for one module of stories: `molva serve` and the demo shop as real processes on free ports.

`stack.inside` runs functions of `tests.flows.inside` in a process with the product's own settings and database.
"""

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from tests.databases import migrated_database

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 90
SPARE_PORTS = 8
BRING_STATIC = "import django; django.setup(); from molva.config.setup import bring_static; bring_static()"


def wait_for(condition: Callable[[], Any], seconds: float = 20, what: str = "") -> Any:
    """The first true answer of `condition`."""
    limit = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < limit, f"waited in vain {what}"
        time.sleep(0.05)
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast(int, probe.getsockname()[1])


def ask_json(method: str, url: str, body: Any = None, **headers: str) -> Any:
    """One request to a server of this machine; JSON both ways."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - addresses of our own
        url, content, {"Content-Type": "application/json", **headers}, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
        text = answer.read()
    return json.loads(text) if text.strip() else None


class Shop:
    """The demo shop in a process of its own; what it is told goes through `/_control/`."""

    def __init__(self, folder: Path, *, language: str = "ru", port: int = 0) -> None:
        self.port = port or free_port()
        self.host = f"localhost:{self.port}"  # another host than Molva's: a browser keeps their cookies apart
        self.url = f"http://{self.host}"
        words = ["--port", str(self.port), "--public-host", self.host, "--data", str(folder / "shop")]
        command = [sys.executable, "-m", "molva.demo.shop", *words, "--language", language]
        with (folder / "shop.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def ask(self, command: str, body: Any = None) -> Any:
        """One command."""
        return ask_json("GET" if body is None else "POST", f"{self.url}/_control/{command}", body)

    def is_there(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self.ask("state"))
        except OSError:
            return False

    def order(self, **wanted: Any) -> dict[str, Any]:
        """A buyer orders."""
        return cast("dict[str, Any]", self.ask("orders", wanted))

    def change(self, order: dict[str, Any], **acts: Any) -> dict[str, Any]:
        """Somebody in the shop's back office does something to an order."""
        return cast("dict[str, Any]", self.ask("order", {"id": order["id"], **acts}))

    def orders(self) -> list[dict[str, Any]]:
        """All orders by the admin API, the newest change last."""
        return cast("list[dict[str, Any]]", self.api("GET", "/admin/orders.json?per_page=250"))

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the admin API by the shop's own key."""
        state = self.ask("state")
        key = base64.b64encode(f"{state['api_key']}:{state['api_password']}".encode()).decode()
        return ask_json(method, self.url + path, body, Authorization=f"Basic {key}")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Inside:
    """A process with the product's settings that runs functions of `tests.flows.inside` one after another."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.flows.inside"],
                env=environ,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def __call__(self, name: str, **kwargs: Any) -> Any:
        """The result of a function; its error is raised as RuntimeError."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"name": name, "kwargs": kwargs}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{name}: the process inside has ended"
        told = json.loads(line)
        if "error" in told:
            raise RuntimeError(told["error"])
        return told["result"]

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


class Stack:
    """Shop and Molva that run."""

    def __init__(self, folder: Path, database: str, *, language: str = "ru") -> None:
        self.folder = folder
        self.shop = Shop(folder, language=language)
        # for shops that stories start later: whom Molva may call is read at its start
        self.spare_ports = [free_port() for _ in range(SPARE_PORTS)]
        self.web_port = free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.log = folder / "molva.log"
        self.environ = {
            **{name: text for name, text in os.environ.items() if not name.startswith("MOLVA_")},
            "MOLVA_DATA": str(folder / "data"),
            "MOLVA_DEMO": "true",
            "MOLVA_URL": self.url,
            "MOLVA_WEB_BIND": f"127.0.0.1:{self.web_port}",
            "MOLVA_TRACKER_BIND": f"127.0.0.1:{free_port()}",
            "MOLVA_ALLOW_PRIVATE_HOSTS": ",".join(
                f"localhost:{port}" for port in (self.shop.port, *self.spare_ports)
            ),
            "MOLVA_SECRET_KEY": "only-for-tests-" * 4,
            "MOLVA_LANGUAGE": language,
            "MOLVA_TRACKER_RATE": "0",  # all clicks of a story come from one address
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "molva.config.settings",
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self._inside: Inside | None = None

    def start(self, *commands: str) -> None:
        """Start Molva (`serve`, or chosen commands) in a process group of its own."""
        self.processes = []
        for command in commands or ("serve",):
            with self.log.open("ab") as log:
                self.processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "molva", command],
                        env=self.environ,
                        cwd=ROOT,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                )

    def wait_ready(self) -> None:
        """Until every part says that it works."""
        wait_for(self.shop.is_there, START_SECONDS, "for the shop")
        try:
            wait_for(lambda: self.status("/readyz") == 200, START_SECONDS, "for Molva")
        except AssertionError:
            raise AssertionError(self.log.read_text(encoding="utf-8")[-3000:]) from None

    def status(self, path: str, body: bytes | None = None, **headers: str) -> int:
        """Status of one request to Molva; 0 when nobody answers. Redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=20)
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def pids(self, word: str) -> list[int]:
        """Processes of Molva whose command line has this word."""
        groups = {process.pid for process in self.processes}
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if group in groups and word in words:
                found.append(int(folder.name))
        return found

    @property
    def inside(self) -> Inside:
        """The process with the product's own settings, started at its first use."""
        if self._inside is None:
            self._inside = Inside(self.environ, self.folder / "inside.log")
        return self._inside

    def settle(self, seconds: float = 30, shop: Shop | None = None) -> None:
        """Until the shop has told everything and Molva has done every job that may start now."""
        assert (shop or self.shop).ask("idle", {"timeout": seconds})["idle"] is True
        wait_for(lambda: self.inside("jobs_waiting") == 0, seconds, f"for jobs: {self.inside('jobs_left')}")

    def kill(self) -> None:
        """SIGKILL to every process of Molva at once."""
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for process in self.processes:
            process.wait()

    def stop(self) -> None:
        """End everything."""
        if self._inside:
            self._inside.close()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.shop.stop()


def prepare_once(folder: Path) -> Path:
    """A data folder with the static files of this version, which every stack uses."""
    folder.mkdir(parents=True, exist_ok=True)
    environ = {name: text for name, text in os.environ.items() if not name.startswith("MOLVA_")}
    environ |= {"MOLVA_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "molva.config.settings"}
    environ |= {"MOLVA_SECRET_KEY": "only-for-tests-" * 4, "DATABASE_URL": "sqlite://:memory:"}
    subprocess.run(
        [sys.executable, "-c", BRING_STATIC], env=environ, cwd=ROOT, check=True, capture_output=True
    )
    return folder


@contextmanager
def running_stack(
    folder: Path, prepared: Path, *, language: str = "ru", commands: tuple[str, ...] = ()
) -> Iterator[Stack]:
    """A stack that is ready, on the database of this run, stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with migrated_database(folder) as database:
        stack = Stack(folder, database, language=language)
        stack.environ["MOLVA_STATIC"] = str(prepared / "static")
        try:
            stack.start(*commands)
            stack.wait_ready()
            yield stack
        finally:
            stack.stop()
