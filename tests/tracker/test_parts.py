"""Ids, tokens, addresses and limits, without a process."""

import random
import sqlite3
from pathlib import Path

import pytest

from molva.domain.click_id import (
    TOKEN_LENGTH,
    ClickToken,
    click_micros,
    derive_key,
    make_click_id,
    make_token,
    read_token,
    visitor_bytes,
    visitor_text,
)
from molva.tracker.answers import preferred_language
from molva.tracker.beacon import names_of
from molva.tracker.database import open_reader
from molva.tracker.facts import network_of, packed_address
from molva.tracker.ids import IdSource
from molva.tracker.limits import Collapse
from molva.tracker.settings import settings_from_env, split_bind
from molva.tracker.target import NOTHING_ASKED, Asked, Site, Target, passed_on, prepare_target, read_query
from molva.tracker.writer import ClickWriter, DayFile
from molva.tracking import clickfile
from molva.tracking.clickfile import Extras, RawClick

KEY = derive_key(b"secret")
SITE = Site(("shop.example",), "aff")
DAY = 86_400_000_000
AT = 1_795_478_400_000_000  # 2026-11-24 00:00 UTC


def test_token_says_what_was_put_in() -> None:
    click_id = make_click_id(AT, node=5)
    token = make_token(click_id, b"visitor!", KEY)

    assert len(token) == TOKEN_LENGTH
    assert read_token(token, KEY) == ClickToken(click_id, visitor_text(b"visitor!"), AT)
    assert read_token(f" {token.upper()}\n", KEY) == read_token(token, KEY)
    assert click_id < 1 << 63


def test_tokens_stay_what_they_were() -> None:
    token = make_token(make_click_id(AT, node=5), b"visitor!", KEY)

    assert token == "gmd5gio7aaaak5tjonuxi33segzdhcdlsa"  # shops have such ones in their orders
    assert (visitor_text(b"visitor!"), visitor_text(b"\xff" * 8)) == ("ozuxg2lun5zcc", "7777777777776")


def test_every_changed_character_is_noticed() -> None:
    token = make_token(make_click_id(AT), b"visitor!", KEY)
    changed = [
        token[:place] + letter + token[place + 1 :]
        for place in range(TOKEN_LENGTH)
        for letter in "abz27"
        if letter != token[place]
    ]

    assert [text for text in changed if read_token(text, KEY)] == []
    assert read_token(token, derive_key(b"other")) is None
    assert [read_token(text, KEY) for text in ("", token[1:], token + "a", "Ж" * 34, "1" * 34)] == [None] * 5


def test_tokens_sort_by_time() -> None:
    moments = sorted(random.Random(1).sample(range(AT, AT + DAY), 50))
    tokens = [make_token(make_click_id(moment), b"visitor!", KEY)[:12] for moment in moments]

    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    assert tokens == sorted(tokens, key=lambda text: [alphabet.index(letter) for letter in text])


def test_visitor_has_one_text_form() -> None:
    text = visitor_text(bytes(range(8)))

    assert (len(text), visitor_bytes(text)) == (13, bytes(range(8)))
    assert visitor_bytes(text[:-1] + "b") is None  # a spare bit is set: it would be the same visitor again
    assert visitor_bytes(text[:-1]) is None


def test_ids_grow_within_a_day_whatever_the_clock_does(tmp_path: Path) -> None:
    ids = IdSource(tmp_path)
    moments = [AT, AT, AT - 5, AT + 10, AT + DAY, AT + 3, AT + DAY - 1, AT + DAY]

    found = [click_micros(ids.next(moment)) - AT for moment in moments]

    assert found == [0, 1, -5, 10, DAY, 11, DAY - 1, DAY + 1]


@pytest.mark.parametrize(
    ("stored", "address", "bare"),
    [
        ("https://shop.example", "https://shop.example/?mv=T", "https://shop.example/"),
        ("https://shop.example/a?aff=X#b", "https://shop.example/a?aff=X&mv=T#b", None),
        ("https://shop.example/a?mv=old&x=%26", "https://shop.example/a?x=%26&mv=T", None),
        (
            "http://shop.example:8080/a b?q=мёд",
            "http://shop.example:8080/a%20b?q=%D0%BC%D1%91%D0%B4&mv=T",
            None,
        ),
        ("https://shop.example/%2F?a=1+2", "https://shop.example/%2F?a=1+2&mv=T", None),
    ],
)
def test_address_keeps_path_query_and_fragment(stored: str, address: str, bare: str | None) -> None:
    target = prepare_target(1, 2, stored, SITE)

    assert target
    assert target.address("T") == address
    assert target.bare_address() == (bare or address.replace("&mv=T", ""))


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "javascript:alert(1)",
        "//evil.example",
        "/path",
        "ftp://x/",
        "https://a@b.example/",
        "https://[",
        "data:,x",
    ],
)
def test_what_is_no_plain_address_is_no_target(stored: str) -> None:
    assert prepare_target(1, 2, stored, SITE) is None


def test_extras_are_bounded_and_cannot_break_out() -> None:
    query = (
        b"sub1="
        + b"a" * 999
        + b"&utm_medium=x%0D%0ASet-Cookie:1&sub9=no&sub2=&sub1=second&utm_"
        + b"b" * 50
        + b"=1"
    )

    asked = read_query(query)

    assert asked.extras == Extras(sub1="a" * 255, utm="utm_medium=xSet-Cookie%3A1")
    assert passed_on(asked.given, frozenset()) == f"sub1={'a' * 255}&utm_medium=xSet-Cookie%3A1"
    assert read_query(b"a=1&b=2") == NOTHING_ASKED
    assert read_query(b"&".join([b"sub1=1"] * 500)) == NOTHING_ASKED


def test_query_tells_of_advertising_pictures_and_pages() -> None:
    asked = read_query("erid=2VtzqvX&qr=1&to=/мёд%3Fa=1&to=/second&utm_source=vk".encode())

    assert asked == Asked(
        Extras(utm="erid=2VtzqvX&utm_source=vk"), {"erid": "2VtzqvX", "utm_source": "vk"}, "/мёд?a=1", True
    )


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (b"ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (b"en,ru;q=0.9", "en"),
        (b"de", "en"),
        (b"", "en"),
        (b"ru;q=x,en", "en"),
    ],
)
def test_language_is_the_browsers(header: bytes, language: str) -> None:
    assert preferred_language(header) == language


def test_addresses_are_packed_and_ipv6_counts_by_its_network() -> None:
    assert packed_address("203.0.113.9") == bytes([203, 0, 113, 9])
    assert packed_address("::ffff:203.0.113.9") == bytes([203, 0, 113, 9])
    assert packed_address("unknown") is None
    assert network_of(packed_address("2001:db8::1")) == network_of(packed_address("2001:db8::2"))


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("https://xn--80aairftm.xn--p1ai", ("магазин.рф", "xn--80aairftm.xn--p1ai")),
        ("http://Shop.example:8080/x", ("shop.example", "shop.example:8080")),
        ("https://магазин.рф/", ("магазин.рф", "xn--80aairftm.xn--p1ai")),
        ("null", ()),
        ("file:///etc", ()),
        ("http://[", ()),
        ("http://x:99999", ()),
    ],
)
def test_names_of_a_page_are_those_a_shop_may_be_known_by(address: str, names: tuple[str, ...]) -> None:
    assert names_of(address) == names


def test_limit_starts_anew_each_minute() -> None:
    limit = Collapse(2)
    ip = bytes(4)

    first = [limit.is_above(ip, 1, 1, AT) for _ in range(3)]
    other = [limit.is_above(ip, 2, 1, AT), limit.is_above(None, 1, 1, AT)]
    later = limit.is_above(ip, 1, 1, AT + 60_000_000)

    assert (first, other, later) == ([False, False, True], [False, False], False)


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("from-file\n")
    found = settings_from_env(
        {
            "MOLVA_DATA": str(tmp_path),
            "MOLVA_TRACKER_BIND": "[::1]:81",
            "MOLVA_SECRET_KEY_FILE": str(key),
            "MOLVA_URL": "https://partners.example",
        }
    )

    assert (found.host, found.port, found.secret, found.cookie_secure) == ("::1", 81, b"from-file", True)
    assert found.database == str(tmp_path / "molva.db")
    assert split_bind(":8001") == ("127.0.0.1", 8001)
    with pytest.raises(ValueError, match="MOLVA_TRACKER_NODE"):
        settings_from_env(
            {"MOLVA_DATA": str(tmp_path), "MOLVA_SECRET_KEY": "x", "MOLVA_TRACKER_NODE": "5000"}
        )


@pytest.mark.parametrize("form", ["sqlite:///{}", "{}"])
def test_database_is_an_address_or_a_path(tmp_path: Path, form: str) -> None:
    path = tmp_path / "main file.db"
    sqlite3.connect(path).close()

    assert open_reader(form.format(str(path).replace(" ", "%20") if "sqlite" in form else path)).has_changed()


def click(at: int, **more: object) -> RawClick:
    fields = {"agent": "A", "referrer": None, "extras": None, **more}
    return RawClick(make_click_id(at), 1, 2, b"visitor!", 0, b"\x7f\0\0\1", *fields.values())  # type: ignore[arg-type]


def write(folder: Path, clicks: list[RawClick]) -> BaseException | None:
    reported: list[BaseException | None] = []
    writer = ClickWriter(folder)
    writer.start()
    writer.submit(clicks, reported.append)
    writer.stop()
    writer.join(10)
    [problem] = reported
    return problem


def test_a_batch_over_midnight_goes_into_two_files(tmp_path: Path) -> None:
    clicks = [click(AT + DAY - 1), click(AT + DAY), click(AT + DAY + 1)]

    assert write(tmp_path, clicks) is None

    files = clickfile.list_files(tmp_path)
    assert [path.name for path in files] == ["clicks-20261124.db", "clicks-20261125.db"]
    assert [len(clickfile.read_after(path, 0, 10)) for path in files] == [1, 2]


def test_texts_are_stored_once_and_rows_stay_small(tmp_path: Path) -> None:
    clicks = [
        click(AT + number, agent="Mozilla/5.0 " * 10, referrer="https://vk.com/") for number in range(5000)
    ]

    assert write(tmp_path, clicks) is None

    [path] = clickfile.list_files(tmp_path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM texts").fetchone() == (2,)
    connection.close()
    assert path.stat().st_size / 5000 < 80
    assert clickfile.read_after(path, clicks[4998].id, 5)[0].referrer == "https://vk.com/"


def test_utm_that_comes_again_is_stored_once(tmp_path: Path) -> None:
    words = ["utm_source=vk", "utm_source=vk", "utm_term=7", None, "utm_source=vk", "utm_term=%D1%8F"]
    file = DayFile(tmp_path, AT // 86_400_000_000, busy_seconds=1.0)
    file.write([click(AT + n)._replace(extras=Extras(sub1="a", utm=utm)) for n, utm in enumerate(words)])
    file.close()

    assert [row.extras for row in clickfile.read_after(file.path, 0, 10)] == [
        Extras(sub1="a", utm=utm) for utm in words
    ]
    stored = sqlite3.connect(file.path).execute("SELECT utm FROM clicks ORDER BY id").fetchall()
    number = stored[1][0]
    assert number.isdigit()
    assert [one for (one,) in stored] == [words[0], number, words[2], None, number, words[5]]


def test_a_repeated_id_stores_nothing_of_its_batch(tmp_path: Path) -> None:
    assert write(tmp_path, [click(AT)]) is None
    problem = write(tmp_path, [click(AT + 1, agent="B"), click(AT)])

    [path] = clickfile.list_files(tmp_path)
    assert isinstance(problem, sqlite3.IntegrityError)
    assert [row.id for row in clickfile.read_after(path, 0, 10)] == [make_click_id(AT)]


def test_wal_is_cut_when_it_has_grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("molva.tracker.writer.WAL_LIMIT_BYTES", 20_000)
    monkeypatch.setattr("molva.tracker.writer.RETRY_BYTES", 5_000)
    file = DayFile(tmp_path, AT // DAY, busy_seconds=1.0)
    file.write([click(AT + number) for number in range(2000)])
    reader = sqlite3.connect(file.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM clicks").fetchone()

    file.keep_wal_small()
    held = file.wal_bytes()
    reader.close()
    file.write([click(AT + 5000 + number) for number in range(6000)])
    file.keep_wal_small()

    assert held > 20_000
    assert file.wal_bytes() == 0
    file.close()


def test_target_is_what_the_redirect_needs() -> None:
    target = prepare_target(3, 7, "https://shop.example/?aff=A&sub1=own", SITE)

    assert target == Target(
        3, 7, "https://shop.example/?aff=A&sub1=own&", "", frozenset({"aff", "sub1"}), SITE
    )
    asked = read_query(b"sub1=theirs&sub2=b")
    assert asked.extras == Extras(sub1="theirs", sub2="b")
    assert passed_on(asked.given, target.names) == "sub2=b"
