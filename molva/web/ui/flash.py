"""One sentence after a button, with «Undo» when there is a way back."""

from django.contrib import messages
from django.http import HttpRequest


def say(request: HttpRequest, text: str, *, undo_url: str = "", is_bad: bool = False) -> None:
    """Show `text` on the next page as a toast; `undo_url` takes a POST that puts everything back."""
    level = messages.ERROR if is_bad else messages.SUCCESS
    messages.add_message(request, level, text, extra_tags=undo_url)
