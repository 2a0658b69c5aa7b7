"""The web process's one door: clicks go to the tracker, health is answered here, all the rest is Django's."""

import multiprocessing
import os
import signal

if multiprocessing.parent_process():
    # The server's worker has inherited handlers that stop nothing here, and sets its own after this import; told to
    # stop in between, it must not go on. Hence before the longer imports.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

from collections.abc import Callable, Iterable
from typing import Any

import django
from django.core.wsgi import get_wsgi_application

from molva.config.processes import wait_until_prepared
from molva.config.supervisor import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "molva.config.settings")
die_with_parent(os.getppid())  # the server's own worker must not outlive a killed server
django.setup()

# These need the registry that the line above has filled.
from molva.config import health  # noqa: E402
from molva.config.relay import relay  # noqa: E402

health.check_pages()  # loads them while the data is still being prepared
wait_until_prepared()
_django = get_wsgi_application()  # looks at the static files, which are there now

TRACKER_PATHS = ("/r/", "/t/")
HEALTH_PATHS = {"/healthz": health.alive, "/readyz": health.ready}

Start = Callable[..., Any]


def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    """Send a request to whoever answers it."""
    path = environ["PATH_INFO"]
    if path.startswith(TRACKER_PATHS):
        return relay(environ, start_response)
    if path in HEALTH_PATHS:
        return health.respond(HEALTH_PATHS[path](), start_response)
    return _django(environ, start_response)
