"""Clicks as a platform of shops has them, for figures: skewed partners, tags, UTM, a crowd of browsers."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

from molva.domain.click_id import make_click_id
from molva.tracker.writer import DayFile
from molva.tracking.clickfile import FLAG_BEACON, FLAG_BOT, FLAG_NO_LANGUAGE, Extras, RawClick

PARTNERS, LINKS, AGENTS, HOSTS, CAMPAIGNS = 20_000, 3, 4_000, 3_000, 2_000
BATCH = 2_000
_DAY = 86_400_000_000
_HABITS = [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 9, 11, 10, 9, 9, 9, 10, 13, 15, 16, 13, 8, 4]
_PHRASES = (
    "Mozilla/5.0 (Linux; Android {a}; {m}) {chrome} Chrome/{c}.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; arm_64; Android {a}; {m}) {chrome} Chrome/{c}.0.0.0 YaBrowser/25.{a}.0.100.00 SA/3 "
    "Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS {a}_{d} like Mac OS X) {safari} Version/{a}.{d} Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {chrome} Chrome/{c}.0.{b}.{d} Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {safari} Version/{a}.{d} Safari/605.1.15",
)
_SOURCES = ("vk", "telegram", "yandex", "email", "blog", "youtube", "dzen", "instagram")
_MEDIA = ("social", "cpc", "post", "banner", "newsletter", "stories")


class Crowd:
    """Makes clicks of a day; the same seed, the same crowd."""

    def __init__(self, seed: int = 1) -> None:
        self.dice = random.Random(seed)
        # 1/rank: the first of 20 000 has one in ten
        self.weights = [0.0]
        for rank in range(1, PARTNERS + 1):
            self.weights.append(self.weights[-1] + 1 / rank)
        self.weights = self.weights[1:]
        self.agents = [self._agent() for _ in range(AGENTS)]
        self.agent_weights = _powers(AGENTS, 0.9)
        self.referrers = [None] * 30 + [self._referrer(n) for n in range(HOSTS)]
        self.referrer_weights = _powers(len(self.referrers), 1.0)
        self.campaigns = [self._campaign(n) for n in range(CAMPAIGNS)]
        self.campaign_weights = _powers(CAMPAIGNS, 0.8)
        self.visitors = [os.urandom(8) for _ in range(50_000)]

    def day(self, day: int, count: int) -> Iterator[list[RawClick]]:
        """So many clicks of the day (days since 1970) in the order of their ids."""
        dice, start = self.dice, day * _DAY
        hours = dice.choices(range(24), _HABITS, k=count)
        moments = sorted(hour * 3_600_000_000 + dice.randrange(3_600_000_000) for hour in hours)
        for at in range(0, count, BATCH):
            part = moments[at : at + BATCH]
            size = len(part)
            partners = dice.choices(range(1, PARTNERS + 1), cum_weights=self.weights, k=size)
            agents = dice.choices(self.agents, cum_weights=self.agent_weights, k=size)
            referrers = dice.choices(self.referrers, cum_weights=self.referrer_weights, k=size)
            yield [
                self._click(start + moment + place, partner, agent, referrer)
                for place, (moment, partner, agent, referrer) in enumerate(
                    zip(part, partners, agents, referrers, strict=True)
                )
            ]

    def _click(self, micros: int, partner: int, agent: str, referrer: str | None) -> RawClick:
        dice = self.dice
        roll = dice.random()
        flags = (
            FLAG_BOT if roll < 0.06 else FLAG_NO_LANGUAGE if roll < 0.08 else FLAG_BEACON if roll < 0.2 else 0
        )
        visitor = dice.choice(self.visitors) if dice.random() < 0.2 else dice.randbytes(8)
        return RawClick(
            make_click_id(micros),
            0 if flags == FLAG_BEACON else partner * 10 + int(LINKS * dice.random() ** 3),
            partner,
            visitor,
            flags,
            dice.randbytes(4),
            agent,
            referrer,
            self._extras(partner),
        )

    def _extras(self, partner: int) -> Extras | None:
        dice = self.dice
        sub1 = sub2 = utm = None
        if dice.random() < 1 / 3:
            # a partner's own words: some few, some one for each post
            sub1 = f"{_SOURCES[partner % 8]}-{int(40 * dice.random() ** 2)}"
            sub2 = f"post{int(5_000 * dice.random() ** 3)}" if dice.random() < 0.3 else None
        if dice.random() < 0.5:
            utm = dice.choices(self.campaigns, cum_weights=self.campaign_weights)[0]
        return Extras(sub1=sub1, sub2=sub2, utm=utm) if sub1 or utm else None

    def _agent(self) -> str:
        dice = self.dice
        return dice.choice(_PHRASES).format(
            a=dice.randrange(9, 19), b=dice.randrange(7000), c=dice.randrange(110, 146), d=dice.randrange(10),
            m=f"SM-A{dice.randrange(100, 999)}F", chrome="AppleWebKit/537.36 (KHTML, like Gecko)",
            safari="AppleWebKit/605.1.15 (KHTML, like Gecko)",
        )  # fmt: skip

    def _referrer(self, number: int) -> str:
        return f"https://{'www.' if number % 3 else ''}site{number}.example/{'' if number % 2 else f'page{number}'}"

    def _campaign(self, number: int) -> str:
        words = {
            "utm_source": self.dice.choice(_SOURCES),
            "utm_medium": self.dice.choice(_MEDIA),
            "utm_campaign": f"autumn-{number}",
        }
        if number % 4 == 0:
            words["utm_content"] = f"banner{number % 17}"
        return urlencode(words, quote_via=quote)


def _powers(count: int, power: float) -> list[float]:
    total, found = 0.0, []
    for rank in range(1, count + 1):
        total += 1 / rank**power
        found.append(total)
    return found


def write_day(folder: Path, crowd: Crowd, day: int, count: int) -> tuple[Path, int, float]:
    """A day's file as the tracker's writer makes it; its path, last id, and seconds that it took."""
    folder.mkdir(parents=True, exist_ok=True)
    began, last = time.perf_counter(), 0
    file = DayFile(folder, day, busy_seconds=5.0)
    for clicks in crowd.day(day, count):
        file.write(clicks)
        last = clicks[-1].id
    file.close()
    return file.path, last, time.perf_counter() - began
