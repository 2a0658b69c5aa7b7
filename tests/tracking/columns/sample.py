"""Clicks of three days with everything odd in them, and a plain count of them to compare every store with."""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from molva.domain.click_id import click_micros, make_click_id
from molva.kit.clock import to_micros
from molva.tracker.writer import DayFile
from molva.tracking import clickfile
from molva.tracking.clickfile import FLAG_BEACON, FLAG_BOT, FLAG_NO_LANGUAGE, FLAG_PREFETCH, Extras, RawClick
from molva.tracking.columns.questions import ClickCount, ClickQuestion, Dimension
from molva.tracking.ingest import ingest_clicks

# Berlin puts its clocks back in the night of the 25th.
START = datetime(2026, 10, 24, tzinfo=UTC)
END = START + timedelta(days=3)
DAYS = ("20261024", "20261025", "20261026")
MOSCOW, BERLIN, KATHMANDU = map(ZoneInfo, ("Europe/Moscow", "Europe/Berlin", "Asia/Kathmandu"))
# What is asked of every store: answers must be those of the plain count.
QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"by": ("partner", "device", "day")},
    {"by": ("hour", "country"), "zone": BERLIN},
    {"by": ("day", "weekday_hour"), "zone": KATHMANDU},
    {"by": ("sub1",), "where": {"device": "phone", "sub2": "", "country": "RU"}},
    {"by": ("referrer",), "where": {"sub1": "' OR 1=1 --"}},
    {"by": ("sub2",), "where": {"sub1": "{p0:String}", "utm_source": "it's"}},
    {"by": ("sub1",), "where": {"sub1": "a\\b"}},
    {"by": ("partner",), "where": {"day": "2026-10-25", "hour": "2026-10-25 02"}, "zone": BERLIN},
    {"by": ("link",), "where": {"weekday_hour": "6-02", "link": "0"}, "zone": BERLIN},
    {"by": ("sub1",), "where": {"day": "yesterday"}},
    {"where": {"link": "11; DROP TABLE clicks"}},
    {"where": {"link": "099"}},
    {"by": ("day",), "start": START + timedelta(hours=7), "end": END - timedelta(hours=30, microseconds=1)},
    {"by": ("day",), "start": START + timedelta(hours=2), "end": START + timedelta(hours=9)},
    {"by": ("day",), "start": START - timedelta(days=40), "end": END + timedelta(days=40)},
    {"start": END, "end": END + timedelta(days=40)},
    {"by": ("day",), "start": END, "end": START},
    {"partners": [], "by": ("partner",)},
    {"partners": {987_654}},
    {"partners": range(1, 2000), "by": ("partner", "link")},
)
AGENTS = {
    None: "",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36": "phone",
    "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 Chrome/141.0 Safari/537.36": "tablet",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36": "computer",
    "TelegramBot (like TwitterBot)": "other",
}
REFERRERS = (
    None, "https://www.vk.com/wall?x=1", "https://VK.com/feed", "https://t.me/", "http://[broken", "not a page",
    "https://xn--80aswg.xn--p1ai/чай", "android-app://com.vkontakte.android",
)  # fmt: skip
SUBS = (None, None, "post", "it's «5%»", "a\\b", "' OR 1=1 --", "пост 7", "{p0:String}", "$p0", "x" * 255)
UTMS = (
    None, None, "utm_source=vk&utm_medium=social", "utm_source=it%27s&utm_campaign=a%26b%3Dc&utm_id=7",
    "utm_term=%D1%87%D0%B0%D0%B9&utm_content=%5Ct",
)  # fmt: skip
IPS = (None, bytes([1, 2, 3, 4]), bytes([5, 6, 7, 8]), bytes.fromhex("2001067c" + "00" * 12))


def make_clicks(partners: list[int], links: list[int], count: int = 1500, seed: int = 1) -> list[RawClick]:
    """Clicks in the order of their ids; visitors come back on other days, by other links, as machines too."""
    dice = random.Random(seed)
    length = (END - START) // timedelta(microseconds=1)
    return [
        RawClick(
            make_click_id(to_micros(START) + at),
            dice.choice((0, *links)),
            dice.choice(partners),
            dice.randrange(1 << 64).to_bytes(8, "big")
            if dice.random() < 0.3
            else bytes([dice.randrange(250)] * 8),
            dice.choice((0, 0, 0, FLAG_BEACON, FLAG_NO_LANGUAGE, FLAG_BOT, FLAG_PREFETCH | FLAG_NO_LANGUAGE)),
            dice.choice(IPS),
            dice.choice(tuple(AGENTS)),
            dice.choice(REFERRERS),
            _extras(dice) if dice.random() < 0.8 else None,
        )
        for at in sorted(dice.sample(range(length), count))
    ]


def _extras(dice: random.Random) -> Extras:
    subs = [dice.choice(SUBS) for _ in range(5)]
    return Extras(*subs, utm=dice.choice(UTMS), page=dice.choice((None, "/tea?aff=A")))


def write_clicks(folder: Path, clicks: Sequence[RawClick]) -> None:
    """Store clicks as the tracker does, in two batches a file."""
    for name, of_file in groupby(clicks, key=lambda click: clickfile.file_of(click.id)):
        found = list(of_file)
        file = DayFile(folder, click_micros(found[0].id) // 86_400_000_000, busy_seconds=5.0)
        assert file.path.name == name
        file.write(found[: len(found) // 2])
        file.write(found[len(found) // 2 :])
        file.close()


def load_all() -> None:
    """Let the product load what is stored."""
    while ingest_clicks():
        pass


def word(
    click: RawClick, dimension: Dimension, zone: ZoneInfo, countries: Callable[[bytes | None], str]
) -> str:
    """What a click says, by the plainest code there is."""
    local = clickfile.moment_of(click.id).astimezone(zone)
    extras = click.extras or Extras()
    if dimension.startswith("utm_"):
        return dict(parse_qsl(extras.utm or "")).get(dimension, "")
    if dimension.startswith("sub"):
        return getattr(extras, dimension) or ""
    if dimension == "referrer":
        try:
            return (urlsplit(click.referrer or "").hostname or "").removeprefix("www.")
        except ValueError:
            return ""
    return {
        "day": f"{local:%Y-%m-%d}",
        "hour": f"{local:%Y-%m-%d %H}",
        "weekday_hour": f"{local.weekday()}-{local:%H}",
        "partner": str(click.partner),
        "link": str(click.link),
        "device": AGENTS[click.agent],
        "country": countries(click.ip),
    }[dimension]


def count_plainly(
    clicks: Iterable[RawClick],
    question: ClickQuestion,
    known: set[int],
    countries: Callable[[bytes | None], str] = lambda ip: "",
) -> list[ClickCount]:
    """The answer to a question without a limit; `known` are the programme's partners."""
    rows: dict[tuple[str, ...], list[RawClick]] = {} if question.by else {(): []}
    for click in clicks:
        moment = clickfile.moment_of(click.id)
        words = {
            name: word(click, name, question.zone, countries) for name in (*question.by, *question.where)
        }
        if (
            question.start <= moment < question.end
            and click.partner in known
            and (question.partners is None or click.partner in question.partners)
            and all(words[name] == wanted for name, wanted in question.where.items())
        ):
            rows.setdefault(tuple(words[name] for name in question.by), []).append(click)
    counted = [_row(keys, found) for keys, found in rows.items()]
    return sorted(
        counted,
        key=lambda row: (
            -row.clicks,
            -row.bots,
            [_place(*pair) for pair in zip(question.by, row.keys, strict=True)],
        ),
    )


def _place(dimension: Dimension, text: str) -> int | bytes:
    """Numbers stand by size, texts by their bytes."""
    return int(text) if dimension in {"partner", "link"} else text.encode()


def _row(keys: tuple[str, ...], found: list[RawClick]) -> ClickCount:
    human = [click for click in found if not click.flags & clickfile.NOT_A_TOUCH]
    return ClickCount(keys, len(human), len({click.visitor for click in human}), len(found) - len(human))
