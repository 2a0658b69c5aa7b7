"""Settings of the tracker process, from arguments or from the environment."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from molva.domain.click_id import MAX_NODE
from molva.kit.files import read_or_create


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """Everything the tracker is told. Lengths are in seconds unless the name says otherwise."""

    data_dir: Path
    database: str  # path or URL of the main database, read only
    secret: bytes
    host: str = "127.0.0.1"
    port: int = 8001
    cookie_secure: bool = False
    cookie_days: int = 365
    node: int = 0  # number of this machine when there are several, 0 … 2047
    rate_per_minute: int = 60  # of one address on one link; what is above is not stored; 0: no limit
    queue_limit: int = 20_000  # clicks waiting for the disk
    stall_after: float = 0.7  # a commit slower than this lets its visitors go without click id
    header_timeout: float = 10.0
    idle_timeout: float = 75.0
    connection_limit: int = 10_000
    link_capacity: int = 100_000  # links kept in memory
    metrics_token: bytes = b""  # who knows it may read /metrics; empty: nobody


def settings_from_env(environ: Mapping[str, str]) -> TrackerSettings:
    """Read MOLVA_* and DATABASE_URL; the names are those of the other processes (docs/settings.md)."""
    data_dir = Path(environ.get("MOLVA_DATA") or Path.cwd() / "data").resolve()
    host, port = split_bind(environ.get("MOLVA_TRACKER_BIND") or "127.0.0.1:8001")
    node = int(environ.get("MOLVA_TRACKER_NODE") or 0)
    if not 0 <= node <= MAX_NODE:
        raise ValueError(f"MOLVA_TRACKER_NODE must be 0 … {MAX_NODE}, not {node}")
    tracker_url = environ.get("MOLVA_TRACKER_URL") or environ.get("MOLVA_URL") or ""
    return TrackerSettings(
        data_dir=data_dir,
        database=_secret_text(environ, "DATABASE_URL") or str(data_dir / "molva.db"),
        secret=(_secret_text(environ, "MOLVA_SECRET_KEY") or _key_file(data_dir)).encode(),
        host=host,
        port=port,
        cookie_secure=urlsplit(tracker_url).scheme == "https",
        cookie_days=int(environ.get("MOLVA_TRACKER_COOKIE_DAYS") or 365),
        node=node,
        rate_per_minute=int(environ.get("MOLVA_TRACKER_RATE") or 60),
        metrics_token=(
            _file_text(environ, "MOLVA_METRICS_TOKEN") or environ.get("MOLVA_METRICS_TOKEN", "")
        ).encode(),
    )


def split_bind(bind: str) -> tuple[str, int]:
    """«host:port» taken apart; the host may be an IPv6 address in brackets."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


def _secret_text(environ: Mapping[str, str], name: str) -> str:
    """A value given directly or as the path of a file in `NAME_FILE`."""
    return _file_text(environ, name) or environ.get(name, "")


def _file_text(environ: Mapping[str, str], name: str) -> str:
    path = environ.get(f"{name}_FILE")
    return Path(path).read_text(encoding="utf-8").strip() if path else ""


def _key_file(data_dir: Path) -> str:
    return read_or_create(data_dir / "secret.key", lambda: secrets.token_urlsafe(50))
