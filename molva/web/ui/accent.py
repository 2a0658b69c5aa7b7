"""A merchant's own colour, made readable: it replaces the action colour, the soft colour and the link card only."""

import re

WANTED = 4.5
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")
_STEP = 0.04
LIGHT, DARK = "#F6F5F1", "#19221E"
WHITE, BLACK = "#FFFFFF", "#07201A"

Rgb = tuple[int, int, int]


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(rgb: Rgb) -> str:
    return "#{:02X}{:02X}{:02X}".format(*rgb)


def _luminance(colour: str) -> float:
    linear = [part / 3294.6 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in _rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours by WCAG, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(colour: str, other: str, part: float) -> str:
    """`colour` with `part` (0 to 1) of the other one in it."""
    blended = [round(a + (b - a) * part) for a, b in zip(_rgb(colour), _rgb(other), strict=True)]
    return _hex((blended[0], blended[1], blended[2]))


def readable(colour: str, ground: str) -> str:
    """The nearest darker or lighter shade with 4.5:1 on `ground`."""
    towards = BLACK if _luminance(ground) > 0.3 else WHITE
    shade, part = colour, 0.0
    while contrast(shade, ground) < WANTED and part < 1:
        part += _STEP
        shade = mix(colour, towards, min(part, 1))
    return shade


def stylesheet(colour: str) -> str:
    """Custom properties for both themes; empty when `colour` is not #RRGGBB."""
    if not _HEX.fullmatch(colour):
        return ""
    card = readable(colour, WHITE)
    dark = readable(colour, DARK)
    return (
        f":root{{{_properties(readable(colour, LIGHT), card, WHITE)}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-bs-theme=light]){{{_properties(dark, card, BLACK)}}}}}"
        f":root[data-bs-theme=dark]{{{_properties(dark, card, BLACK)}}}"
    )


def _properties(action: str, card: str, text: str) -> str:
    is_light = text == WHITE
    ground, soft = (LIGHT, 0.88) if is_light else (DARK, 0.82)
    hover = mix(action, BLACK if is_light else WHITE, 0.22)
    return (
        f"--primary:{action};--primary-hover:{hover};--on-primary:{text};--link:{action};"
        f"--primary-soft:{mix(action, ground, soft)};--link-card:{card}"
    )
