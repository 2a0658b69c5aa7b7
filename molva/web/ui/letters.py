"""Letters: a text and the same as HTML beside it. Sent by jobs of the faces, in the reader's language."""

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


def send_letter(template: str, email: str, context: dict[str, object]) -> None:
    """Send `template`.txt with `template`.html beside it; `context` holds the subject."""
    letter = EmailMultiAlternatives(
        subject=" ".join(str(context["subject"]).split()),
        body=render_to_string(f"{template}.txt", context).strip() + "\n",
        to=[email],
    )
    letter.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    letter.send()
