"""Devices by user agents, hosts of referrers, UTM, countries by a file in MaxMind's format."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from molva.tracking.columns.words import Countries, countries, device_of, host_of, utm_of
from tests.tracking.columns.mmdb import make_mmdb

# of a process that imports ours without being installed
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (None, ""),
        ("", ""),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari/604.1", "phone"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari/604.1", "tablet"),
        ("Mozilla/5.0 (iPod touch; CPU iPhone OS 15_0 like Mac OS X) AppleWebKit/605.1.15", "phone"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Mobile Safari/537.36", "phone"),
        (f"Mozilla/5.0 (Linux; arm_64; Android 13; 2201117TY) {WEBKIT} YaBrowser/25.2 Mobile Safari/537.36", "phone"),
        (f"Mozilla/5.0 (Linux; Android 13; SM-X200) {WEBKIT} Safari/537.36", "tablet"),
        ("Mozilla/5.0 (Android 13; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0", "tablet"),
        ("Mozilla/5.0 (Android 13; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "phone"),
        (f"Mozilla/5.0 (Linux; Android 11; BRAVIA 4K VH2) {WEBKIT} Safari/537.36", "other"),
        (f"Mozilla/5.0 (Linux; Android 9; AFTS) {WEBKIT} Safari/537.36", "other"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Safari/537.36", "computer"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Safari/537.36", "computer"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "computer"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "computer"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Safari/537.36", "computer"),
        ("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) Mobile Safari/537.36 Edge/15", "phone"),
        ("Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "phone"),
        (f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {WEBKIT} Mobile HuaweiBrowser/5.1", "phone"),
        (f"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) {WEBKIT} TV Safari/537.36", "other"),
        (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {WEBKIT} Safari/537.36", "other"),
        ("Mozilla/5.0 (PlayStation 5 3.11) AppleWebKit/605.1.15", "other"),
        ("Mozilla/5.0 (Apple TV; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15", "other"),
        ("curl/8.5.0", "other"),
        ("TelegramBot (like TwitterBot)", "other"),
    ],
)  # fmt: skip
def test_a_device_is_told_by_its_user_agent(agent: str | None, device: str) -> None:
    assert device_of(agent) == device


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        (None, ""),
        ("https://www.VK.com:443/wall-1?w=2#x", "vk.com"),
        ("https://m.vk.com/", "m.vk.com"),
        ("http://user:password@blog.example/", "blog.example"),
        ("https://www.example./", "example"),
        ("android-app://com.vkontakte.android", "com.vkontakte.android"),
        ("https://чай.рф/", "чай.рф"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
        ("http://[broken", ""),
        ("vk.com", ""),
        (f"https://{'a' * 300}/", ""),
    ],
)
def test_a_referrer_is_its_host(referrer: str | None, host: str) -> None:
    assert host_of(referrer) == host


def test_utm_is_taken_apart() -> None:
    stored = "utm_medium=%D1%87%D0%B0%D0%B9&utm_id=4&utm_source=a%26b&utm_source=second"
    assert utm_of(stored) == ("a&b", "чай", "", "", "")
    assert utm_of(None) == utm_of("") == ("",) * 5


RECORDS = {
    "5.6.7.0/24": {"country": {"iso_code": "RU", "names": {"en": "Russia"}}},
    "1.2.3.4/32": {"continent": {"code": "OC"}, "registered_country": {"iso_code": "AU"}},
    "9.0.0.0/8": {"country_code": "kz"},
    "8.8.8.0/24": {"country": "US"},
    "2001:67c::/32": {"country": {"iso_code": "DE"}},
    "10.0.0.0/8": {"country": {"names": {"en": "nowhere"}}},
}


@pytest.mark.parametrize(
    ("ip", "country"),
    [
        (bytes([5, 6, 7, 200]), "RU"),
        (bytes([5, 6, 8, 200]), ""),
        (bytes([1, 2, 3, 4]), "AU"),
        (bytes([9, 1, 1, 1]), "KZ"),
        (bytes([8, 8, 8, 8]), "US"),
        (bytes.fromhex("2001067c" + "00" * 12), "DE"),
        (bytes([10, 0, 0, 1]), ""),
        (None, ""),
        (b"", ""),
        (b"12345", ""),
    ],
)
def test_a_country_is_told_by_the_address(tmp_path: Path, ip: bytes | None, country: str) -> None:
    (tmp_path / "geo.mmdb").write_bytes(make_mmdb(RECORDS))
    known = Countries(str(tmp_path / "geo.mmdb"))

    assert known.country_of(ip) == country
    assert known.why_not == ""


def test_why_there_are_no_countries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "geo.mmdb"
    assert (countries("").why_not, countries("").country_of(bytes(4))) == ("unset", "")
    assert countries(str(path)).why_not == "missing"
    path.write_bytes(b"something else")
    assert (countries(str(path)).why_not, countries(str(path)).country_of(bytes(4))) == ("broken", "")
    path.write_bytes(make_mmdb(RECORDS))
    os.utime(path, (1, 1))  # a new file in its place is read without a restart
    assert countries(str(path)).country_of(bytes([8, 8, 8, 8])) == "US"
    monkeypatch.setitem(sys.modules, "maxminddb", None)
    assert Countries(str(path)).why_not == "no_reader"


def test_nothing_of_the_extras_is_needed_to_start() -> None:
    """Neither reader is imported before somebody asks for what it is for; without them the hot files answer."""
    code = (
        "import sys; sys.modules.update(duckdb=None, maxminddb=None)\n"
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\n"
        "import django; django.setup()\n"
        "from molva.tracking.columns import open_columns, upkeep\n"
        "print(type(open_columns()).__name__, 'ua_parser' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    assert (run.stdout, run.stderr) == ("HotColumns False\n", "")
