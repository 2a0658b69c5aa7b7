"""What every page knows without its view: the reader's theme, from a cookie, so that no page flashes."""

from django.http import HttpRequest

THEME_COOKIE = "theme"
THEMES = ("light", "dark")


def page(request: HttpRequest) -> dict[str, str]:
    """`theme` is light, dark or empty (follow the system)."""
    wanted = request.COOKIES.get(THEME_COOKIE, "")
    return {"theme": wanted if wanted in THEMES else ""}
