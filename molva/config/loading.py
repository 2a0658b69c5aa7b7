"""`molva load`: the loader of a machine that takes clicks and does nothing else.

The timetable gives the loading of clicks to one worker at a time, wherever that runs, and a worker sees the click
folder of its own machine only. So each further machine with a tracker runs this beside it.
"""

import logging
import signal
import threading

from django.db import Error as DatabaseError
from django.db import close_old_connections

from molva.commissions.jobs import load_clicks
from molva.tracking.errors import NodeTaken

logger = logging.getLogger("molva.loading")
EVERY_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 30.0


class Loader:
    """Loads this machine's clicks every two seconds until it is stopped; exactly once, whatever happens."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def stop(self, *_: object) -> None:
        """Ask to stop; may be called from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Until SIGTERM or SIGINT. What goes wrong is told of and tried again, at most half a minute later."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        pause = EVERY_SECONDS
        while not self._stopping.wait(pause):
            pause = EVERY_SECONDS if self.load() else min(pause * 2, LONGEST_PAUSE_SECONDS)

    @staticmethod
    def load() -> bool:
        """One turn; whether it went well."""
        close_old_connections()
        try:
            load_clicks()
        except (DatabaseError, NodeTaken, OSError) as problem:
            logger.error("clicks are not loaded now: %s", problem)
            return False
        return True
