"""Several machines take clicks into one database: each has a number of its own, and nobody else uses it.

The number is part of every click id and file name. A second folder with a number that is in use is refused as long
as the first one gives signs of life; a folder that was moved or made anew takes over after that.
"""

import secrets
from datetime import timedelta
from pathlib import Path

from django.db import transaction

from molva.kit import clock
from molva.kit.files import read_or_create
from molva.tracking import clickfile
from molva.tracking.errors import NodeTaken
from molva.tracking.models import TrackerNode

ALIVE = timedelta(seconds=90)
RENEW = timedelta(seconds=20)


@transaction.atomic
def claim_nodes(folder: Path) -> None:
    """Say that the click files of a folder are ours to load. Raises NodeTaken while another folder has the number."""
    numbers = {found[1] for path in clickfile.list_files(folder) if (found := clickfile.named(path.name))}
    if not numbers:
        return
    name = read_or_create(folder / "folder.id", lambda: secrets.token_hex(16))
    now = clock.now()
    for number in sorted(numbers):
        node, _ = TrackerNode.objects.get_or_create(number=number, defaults={"folder": name, "seen_at": now})
        is_fresh = now - node.seen_at < ALIVE
        if node.folder != name and is_fresh:
            raise NodeTaken(number)
        if node.folder != name or now - node.seen_at > RENEW:
            TrackerNode.objects.filter(number=number).update(folder=name, seen_at=now)
