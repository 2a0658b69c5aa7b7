"""The page behind the letter to a new e-mail: a button, because mail servers open links by themselves."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from molva.messaging.email_change import take_new_email
from molva.programmes.email_change import find_email_change
from molva.programmes.errors import EmailTaken
from molva.programmes.models import EmailChange
from molva.workspaces.scoping import scope


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and on a press let the new address sign in; a link that is used, old or called off says so."""
    change = find_email_change(token)
    if change is None:
        return render(request, "public/email_change.html", {"state": "gone"}, status=404)
    context = {"state": "ask", "email": change.email, "merchant": change.partner.programme.workspace.name}
    if request.method == "POST":
        with scope(change.workspace_id):
            context["state"] = _take(change)
    status = {"gone": 404, "taken": 409}.get(context["state"], 200)
    return render(request, "public/email_change.html", context, status=status)


def _take(change: EmailChange) -> str:
    try:
        take_new_email(change=change)
    except EmailChange.DoesNotExist:
        return "gone"
    except EmailTaken:
        return "taken"
    return "done"
