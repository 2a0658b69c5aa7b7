"""Who stands outside the fake shop: a developer's own server, an API client, the control API."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from molva.demo.shop import RunningShop


class Developer:
    """An application's own server: remembers what it was asked, answers `status`, may call back in between."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[Any] = []
        self.status, self.answer, self.pause = 200, b"", 0.0
        self.between: Callable[[dict[str, str]], None] = lambda query: None
        developer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = dict(parse_qsl(parts.query))
                developer.asked.append((parts.path, query))
                developer.between(query)
                time.sleep(developer.pause)
                self.send_response(developer.status)
                self.send_header("Content-Length", str(len(developer.answer)))
                self.end_headers()
                self.wfile.write(developer.answer)

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"]))
                kind = self.headers["Content-Type"]
                developer.bodies.append(json.loads(text) if "json" in kind else text.decode())
                self.do_GET()

            def log_message(self, *args: object) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def addresses(self, **more: str) -> dict[str, str]:
        names = ("install", "entry", "uninstall")
        told = {f"{name}_url": f"{self.url}/{name}" for name in names}
        return {"identifier": "molva", "secret": "mysecret", **told, **more}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def client_of(shop: RunningShop, login: str = "", password: str = "") -> httpx2.Client:
    auth = (login, password) if login else None
    return httpx2.Client(
        base_url=shop.url,
        auth=auth,
        headers={"Content-Type": "application/json"} if login else {},
        trust_env=False,
        verify=False,
    )


def ask(shop: RunningShop, command: str, **body: Any) -> Any:
    with client_of(shop) as client:
        return client.post(f"/_control/{command}", json=body).json()
