"""The question before an act that cannot simply be undone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def ask(
    request: HttpRequest, *, title: str, text: str, yes: str, no_url: str, is_danger: bool = False
) -> HttpResponse:
    """The page behind `<c-confirm>` for browsers without a script: the same question, sent to the same address."""
    context = {"title": title, "text": text, "yes": yes, "no_url": no_url, "is_danger": is_danger}
    return render(request, "ui/confirm_page.html", context)
