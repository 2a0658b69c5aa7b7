"""How often one address may be counted on one link: what is above is sent on but not stored."""

_MINUTE_MICROS = 60_000_000
_KEYS_KEPT = 200_000


class Collapse:
    """Counts by (address, what) in whole minutes; `per_minute` 0 switches it off."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute = 0
        self._counts: dict[tuple[bytes | None, int, int], int] = {}

    def is_above(self, ip: bytes | None, link: int, partner: int, now_micros: int) -> bool:
        """Count one click; True when it is one too many in this minute."""
        if not self._per_minute:
            return False
        minute = now_micros // _MINUTE_MICROS
        if minute != self._minute or len(self._counts) > _KEYS_KEPT:
            self._minute = minute
            self._counts.clear()
        key = (ip, link, partner)
        count = self._counts.get(key, 0) + 1
        self._counts[key] = count
        return count > self._per_minute
