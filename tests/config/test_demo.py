"""The demo's folder: ports that are remembered, settings that are its own, nothing else that is ever removed."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from molva.config import demo


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which something listens; it is free again after the test."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_ports_are_free_and_remembered(
    tmp_path: Path, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(demo.WISHED_PORTS, "web", taken_port)
    file = tmp_path / "ports.json"
    ports = demo._choose_ports(file)
    assert ports["web"] != taken_port
    assert sorted(ports) == ["shop", "tracker", "web"]
    assert demo._choose_ports(file) == ports


def test_a_demo_that_runs_already_is_said_so(tmp_path: Path, taken_port: int) -> None:
    file = tmp_path / "ports.json"
    file.write_text(json.dumps({"web": taken_port}))
    with pytest.raises(click.ClickException, match=f"Port {taken_port} of this demo is taken"):
        demo._choose_ports(file)


def test_fresh_removes_a_demo(tmp_path: Path) -> None:
    folder = tmp_path / ".demo"
    folder.mkdir()
    (folder / "ports.json").write_text("{}")
    demo._forget(folder)
    demo._forget(folder)  # nothing there: nothing to do
    assert not folder.exists()


def test_fresh_leaves_any_other_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("five years of work")
    with pytest.raises(click.ClickException, match="not the folder of a demo"):
        demo._forget(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "five years of work"


def test_no_setting_of_a_real_installation_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ.update(
        DATABASE_URL="postgres://real",
        MOLVA_SECRET_KEY="real",
        MOLVA_EMAIL_URL="smtp://real",
        MOLVA_LOG_LEVEL="ERROR",
    )
    demo._enter(tmp_path, {"web": 1, "tracker": 2, "shop": 3}, "en")
    found = {name: text for name, text in os.environ.items() if name.startswith(("MOLVA_", "DATABASE"))}
    secret = found.pop("MOLVA_INSALES_SECRET")
    assert len(secret) == 32
    offered = json.loads(os.environ["DEMO_SHOP_APPLICATION"])
    assert (offered["identifier"], offered["secret"]) == (found["MOLVA_INSALES_APP"], secret)
    assert offered["install_url"] == "http://127.0.0.1:1/apps/insales/install"
    assert found == {
        "MOLVA_INSALES_APP": "molva",
        "MOLVA_DATA": str(tmp_path),
        "MOLVA_DEMO": "true",
        "MOLVA_URL": "http://127.0.0.1:1",
        "MOLVA_WEB_BIND": "127.0.0.1:1",
        "MOLVA_TRACKER_BIND": "127.0.0.1:2",
        "MOLVA_ALLOW_PRIVATE_HOSTS": "localhost:3,127.0.0.1:3",
        "MOLVA_LANGUAGE": "en",
        "MOLVA_LOG_LEVEL": "ERROR",
    }
