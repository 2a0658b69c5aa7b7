"""`molva serve` as a person starts it: a real group of processes on an empty data folder."""

import hashlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from molva.domain.click_id import derive_key, read_token
from molva.tracking.clickfile import FLAG_EMBEDDED, FLAG_QR
from tests.config.test_supervisor import is_alive
from tests.databases import fresh_database
from tests.flows.stack import wait_for

APP_SECRET, CANARY = "SECRET9c1e4b", "CANARY5b1f77"
ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = [pytest.mark.database, pytest.mark.slow]


class Served:
    """A running `molva serve` and what it has said."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self.environ, self.log = environ, log
        self.port = int(environ["MOLVA_WEB_BIND"].rpartition(":")[2])
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a group of its own."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "molva", "serve"],
                env=self.environ,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
            )

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and text of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return (
                answer.status,
                {name.lower(): text for name, text in answer.getheaders()},
                answer.read().decode(),
            )
        finally:
            connection.close()

    def readiness(self) -> dict[str, Any]:
        """What /readyz says; nothing while the web process is away."""
        try:
            found: dict[str, Any] = json.loads(self.get("/readyz")[2])
        except (OSError, http.client.HTTPException):
            return {}
        return found

    def is_ready(self) -> bool:
        """Whether every part works."""
        return self.readiness().get("ok") is True

    def pids(self, word: str = "") -> list[int]:
        """Processes of the group, or only those of one command."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if group == self.process.pid and (not word or word in words) and is_alive(int(folder.name)):
                found.append(int(folder.name))
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One group for all tests of this file; each but the last leaves it running."""
    folder = tmp_path_factory.mktemp("serve")
    web = f"127.0.0.1:{free_port()}"
    with fresh_database(folder) as database:
        environ = {
            **{name: text for name, text in os.environ.items() if not name.startswith("MOLVA_")},
            "MOLVA_DATA": str(folder / "data"),
            "MOLVA_URL": f"http://{web}",
            "MOLVA_WEB_BIND": web,
            "MOLVA_TRACKER_BIND": f"127.0.0.1:{free_port()}",
            "MOLVA_SECRET_KEY": "only-for-tests-" * 4,
            "MOLVA_INSALES_APP": "molva",
            "MOLVA_INSALES_SECRET": APP_SECRET,
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "molva.config.settings",
        }
        group = Served(environ, folder / "log")
        try:
            # The link stands in its one message about the start, which on a busy machine names a part that is late.
            wait_for(lambda: "/setup/" in group.log.read_text() or group.process.poll() is not None, 300)
            assert group.process.poll() is None, group.log.read_text()
            wait_for(group.is_ready, 90)
            yield group
        finally:
            if group.process.poll() is None:
                os.killpg(group.process.pid, signal.SIGKILL)
            group.process.wait()


def restarted(served: Served, word: str, kill: Callable[[int], None]) -> list[int]:
    """Kill one process and wait until another has taken its place."""
    before = served.pids(word)
    kill(before[0])

    def others() -> list[int]:
        found = served.pids(word)
        return [] if before[0] in found else found

    found: list[int] = wait_for(others, 30)
    return found


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def test_the_first_start_tells_the_address_and_a_link_for_the_owner(served: Served) -> None:
    text = served.log.read_text()
    assert f"Molva is ready: {served.environ['MOLVA_URL']}/" in text
    assert re.search(rf"{served.environ['MOLVA_URL']}/setup/[\w-]{{40,}}/", text)


def test_health(served: Served) -> None:
    wait_for(served.is_ready)
    assert json.loads(served.get("/healthz", Host="anything")[2]) == {"ok": True, "process": {"ok": True}}
    parts = served.readiness()
    assert {name: part["ok"] for name, part in parts.items() if name != "ok"} == {
        "pages": True,
        "database": True,
        "schema": True,
        "worker": True,
        "queue": True,
        "tracker": True,
    }


def test_tokens_in_addresses_reach_no_log_and_no_file(served: Served) -> None:
    """Whatever the server, Django or a failure writes down: never what stood after the question mark."""
    wait_for(served.is_ready)
    names = (
        "shop=a.myinsales.ru&token={c}&insales_id=1",
        "token={c}",
        "token3={c}&user_id={c}",
        "x=%00{c}",
        "{c}",
    )
    for door in ("install", "uninstall", "entry", "login", "nowhere"):
        answers = [served.get(f"/apps/insales/{door}?{query.format(c=CANARY)}")[0] for query in names]
        assert set(answers) <= {200, 302, 400, 404}
    assert served.get(f"/apps/insales/install?token={CANARY}", Host="evil.example")[0] == 400
    time.sleep(2)  # the worker has tried the install, and failed
    password = hashlib.md5(f"{CANARY}{APP_SECRET}".encode(), usedforsecurity=False).hexdigest()
    written = [served.log, *Path(served.environ["MOLVA_DATA"]).rglob("*")]
    for path in (one for one in written if one.is_file()):
        content = path.read_bytes()
        assert not [word for word in (CANARY, APP_SECRET, password) if word.encode() in content], path


def test_static_files_have_lasting_names(served: Served) -> None:
    manifest = Path(served.environ["MOLVA_DATA"], "static", "staticfiles.json")
    paths = json.loads(manifest.read_text())["paths"]
    name = next(hashed for name, hashed in paths.items() if name.startswith("ui/") and name.endswith(".css"))
    status, headers, _ = served.get(f"/static/{name}")
    assert status == 200
    assert "immutable" in headers["cache-control"]


def test_clicks_are_relayed_to_the_tracker(served: Served) -> None:
    status, headers, text = served.get(
        "/r/NO-SUCH", **{"Accept-Language": "ru", "Referer": "http://пример.рф/".encode().decode("latin-1")}
    )
    assert (status, headers["content-language"]) == (404, "ru")
    assert headers["x-robots-tag"] == "noindex"
    assert "<h1>" in text


def test_a_dead_tracker_is_replaced(served: Served) -> None:
    assert len(restarted(served, "tracker", kill)) == 1
    wait_for(lambda: served.get("/r/NO-SUCH")[0] == 404, 30)


MAKE_LINK = """
from molva.config.processes import start_django
start_django()
from molva.tracking.models import Link
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace
with scope(make_workspace()):
    programme = make_programme(shop_hosts=["shop.example"], mark_param="aff")
    partner = make_partner(programme, code="ANNA")
    fields = {"programme": programme, "partner": partner, "target_url": "https://shop.example/tea?aff=ANNA"}
    Link(**fields, code="Anna-1").save()
"""


def test_one_port_keeps_the_promises_of_the_tracker(served: Served) -> None:
    """Pages, marks and robots pass through the web process; a tracker that dies holds nobody, and loses no promise."""
    run = subprocess.run([sys.executable, "-c", MAKE_LINK], env=served.environ, cwd=ROOT, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    browser = {
        "User-Agent": "Mozilla/5.0 Chrome/140.0",
        "Accept-Language": "ru",
        "Sec-Fetch-Dest": "document",
    }
    wait_for(lambda: served.get("/r/anna-1", **browser)[0] == 302, 30)
    path = "/r/anna-1?to=%2F%D1%87%D0%B0%D0%B9%3Fa%3D1&erid=2Vt&qr=1"

    deep = served.get(path, **browser)[1]["location"]
    image = served.get("/r/anna-1", **{**browser, "Sec-Fetch-Dest": "image"})
    away = served.get("/r/anna-1?to=//evil.example/", **browser)[1]["location"]

    assert deep.startswith("https://shop.example/%D1%87%D0%B0%D0%B9?a=1&aff=ANNA&erid=2Vt&mv=")
    assert (image[0], away.partition("mv=")[0]) == (302, "https://shop.example/tea?aff=ANNA&")
    key = derive_key(served.environ["MOLVA_SECRET_KEY"].encode())
    promised, bare, slow = [], 0, 0.0
    kill(served.pids("tracker")[0])
    until = time.monotonic() + 6
    while time.monotonic() < until:
        start = time.monotonic()
        status, headers, _ = served.get("/r/anna-1", **browser)
        slow = max(slow, time.monotonic() - start)
        assert status == 302
        token = read_token(headers["location"].partition("mv=")[2], key)
        assert bool(token) is ("set-cookie" in headers)
        if token:
            promised.append(token.click_id)
        else:
            bare += 1
            assert headers["location"] == "https://shop.example/tea?aff=ANNA"
        time.sleep(0.02)
    assert bare > 0
    assert len(promised) > 0
    assert slow < 5
    stored: dict[int, int] = {}
    for file in (Path(served.environ["MOLVA_DATA"]) / "clicks").glob("clicks-*.db"):
        with closing(sqlite3.connect(file)) as connection:
            stored |= dict(connection.execute("SELECT id, flags FROM clicks").fetchall())
    assert set(promised) <= set(stored)
    assert {FLAG_QR, FLAG_EMBEDDED} <= set(stored.values())


def test_a_dead_worker_is_replaced(served: Served) -> None:
    assert len(restarted(served, "worker", kill)) == 1
    wait_for(served.is_ready, 30)


def test_a_dead_server_leaves_no_orphan_and_is_replaced(served: Served) -> None:
    server, child = sorted(served.pids("web"))
    kill(server)
    wait_for(lambda: not is_alive(child), 30)
    wait_for(served.is_ready, 60)


def test_one_folder_is_served_once(served: Served) -> None:
    environ = {
        **served.environ,
        "MOLVA_WEB_BIND": f"127.0.0.1:{free_port()}",
        "MOLVA_TRACKER_BIND": f"127.0.0.1:{free_port()}",
    }
    second = subprocess.run(
        [sys.executable, "-m", "molva", "serve"],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 1
    assert "already running" in second.stderr


def test_kill_of_the_group_and_a_second_start(served: Served) -> None:
    os.killpg(served.process.pid, signal.SIGKILL)
    served.process.wait()
    wait_for(lambda: served.pids() == [])
    served.process = served.start()
    wait_for(served.is_ready, 60)
    assert served.readiness()["worker"]["ok"] is True


def test_sigterm_ends_everything(served: Served) -> None:
    wait_for(served.is_ready)
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(30) == 0
    wait_for(lambda: served.pids() == [])
