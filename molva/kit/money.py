"""Money as whole minor units of a currency. The one rounding of the product is here."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache

_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)

# ISO 4217: currencies whose minor unit is not a hundredth.
_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
    "CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK "
    "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
    "MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG XTS "
    "YER ZAR ZMW ZWG ZWL"
)
CURRENCY_DIGITS = {code: digits for digits, codes in {**_DIGITS, 2: _TWO}.items() for code in codes.split()}


def round_half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` to a whole number, halves away from zero (half up for money owed)."""
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` ≥ 0 in proportion to `weights` ≥ 0 by the largest remainder, ties to the earlier.

    The parts add up to `total`; with no weight at all everything is 0 and nothing is shared.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if left:
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
        for i in by_remainder[:left]:
            parts[i] += 1
    return parts


def is_writable(number: Decimal) -> bool:
    """Whether a number takes a few dozen digits: «1e-99999999» written out would take all memory and hours."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and abs(exponent) <= 30


def parse_minor(text: str, digits: int = 2) -> int:
    """«1234.5» → 123450. ValueError unless it is a plain decimal in whole minor units."""
    whole, _, fraction = text.partition(".")
    if fraction and whole and len(fraction) == digits:  # the usual form, read without an expression
        plain = whole + fraction
        if plain.isdigit() and plain.isascii():
            return int(plain)
    if not _AMOUNT.fullmatch(text):
        raise ValueError("not a plain decimal number")
    if fraction[digits:].strip("0"):
        raise ValueError(f"more than {digits} digits of fraction")
    return int(whole + fraction[:digits].ljust(digits, "0"))


def format_minor(minor: int, digits: int = 2) -> str:
    """123450 → «1234.50», with a plain minus below zero."""
    return formatter(digits)(minor)


@cache
def formatter(digits: int) -> Callable[[int], str]:
    """`format_minor` for one number of digits: where millions of sums are written."""
    scale = 10**digits
    rests = [f".{rest:0{digits}d}" if digits else "" for rest in range(scale)]

    def write(minor: int) -> str:
        return f"{minor // scale}{rests[minor % scale]}" if minor >= 0 else "-" + write(-minor)

    return write
