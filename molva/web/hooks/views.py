"""Incoming hooks: read whole, find the connection by the secret address, store the bytes, answer; nothing else."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from molva.integrations.connecting import hook_hash
from molva.integrations.inbound import MAX_BODY, accept_hook
from molva.integrations.models import Connection
from molva.workspaces.scoping import scope


@csrf_exempt  # a shop has no session; the address itself is the secret
@require_POST
def accept(request: HttpRequest, kind: str, secret: str, topic: str) -> HttpResponse:
    """200 once the payload is stored; 404 for an unknown address, whatever was wrong with it; 413 above 1 MiB."""
    connection = Connection.unscoped.filter(kind=kind, hook_hash=hook_hash(secret)).first()
    if connection is None or connection.state == "disconnected":
        return JsonResponse({"error": "not found"}, status=404)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        return JsonResponse({"error": "too large"}, status=413)
    if len(request.body) > MAX_BODY:  # sent in pieces, without a length
        return JsonResponse({"error": "too large"}, status=413)
    with scope(connection.workspace_id):
        accept_hook(
            connection=connection, topic=topic, body=request.body, content_type=request.content_type or ""
        )
    return JsonResponse({"status": "ok"})
