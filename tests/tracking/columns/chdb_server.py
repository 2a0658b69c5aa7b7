"""ClickHouse's HTTP door with the embedded engine behind it, for the tests of the driver.

    python chdb_server.py FOLDER USER PASSWORD

Run by a Python that has `chdb` (never a dependency of Molva); prints its port. The text of a statement goes to the
engine as it came, and so do its parameters. Two things that the embedded engine has no door for are put into its own
words: rows that come in the body of an INSERT are read from a file, and a table that comes along is made for the while.
"""

import base64
import re
import sys
import tempfile
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from chdb.session import Session


class Door(BaseHTTPRequestHandler):
    """One statement a request."""

    session: Session
    secret: str

    def do_POST(self) -> None:
        """Run it and give the answer, or the engine's words with 500."""
        words = {
            name: values[0]
            for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()
        }
        body = (
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not self._is_chunked()
            else self._chunks()
        )
        if self.headers.get("Authorization") != f"Basic {self.secret}":
            self._answer(401, b"who are you")
            return
        if words.get("database") != "default":
            self._answer(404, b"no such database")
            return
        with tempfile.TemporaryDirectory() as folder:
            try:
                self._answer(200, self._run(words, body, Path(folder)))
            except Exception as problem:
                self._answer(500, str(problem).encode())

    def _run(self, words: dict[str, str], body: bytes, folder: Path) -> bytes:
        sql = words["query"]
        params = {
            name.removeprefix("param_"): value for name, value in words.items() if name.startswith("param_")
        }
        table = next((name.removesuffix("_structure") for name in words if name.endswith("_structure")), None)
        if table:
            self._bring(table, words, body, folder)
        elif body:
            (folder / "rows").write_bytes(body)
            sql = re.sub(
                r"FROM input\((.*)\) FORMAT (\w+)",
                lambda found: f"FROM file('{folder}/rows', '{found[2]}', {found[1]})",
                sql,
            )
        try:
            return bytes(self.session.query(sql, "JSONCompactEachRow", params=params).bytes())
        finally:
            if table:
                self.session.query(f"DROP TABLE {table}")

    def _bring(self, table: str, words: dict[str, str], body: bytes, folder: Path) -> None:
        message = BytesParser().parsebytes(
            b"Content-Type: " + self.headers["Content-Type"].encode() + b"\n\n" + body
        )
        [part] = message.get_payload()
        assert part.get_param("name", header="Content-Disposition") == table
        (folder / "table").write_bytes(part.get_payload(decode=True))
        structure, form = words[f"{table}_structure"], words[f"{table}_format"]
        self.session.query(f"CREATE TABLE {table} ({structure}) ENGINE = Memory")
        rows = f"file('{folder}/table', '{form}', '{structure}')"
        self.session.query(f"INSERT INTO {table} SELECT * FROM {rows}")  # noqa: S608 - words of the driver

    def _is_chunked(self) -> bool:
        return self.headers.get("Transfer-Encoding", "") == "chunked"

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing to say."""


if __name__ == "__main__":
    Door.session = Session(sys.argv[1])
    Door.secret = base64.b64encode(f"{sys.argv[2]}:{sys.argv[3]}".encode()).decode()
    server = HTTPServer(("127.0.0.1", 0), Door)
    print(server.server_port, flush=True)  # noqa: T201 - how the test learns it
    server.serve_forever()
