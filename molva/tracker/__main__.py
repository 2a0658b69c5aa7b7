"""`python -m molva.tracker`: the tracker alone, with its settings from the environment."""

import logging
import os

from molva.tracker.process import run
from molva.tracker.settings import settings_from_env


def main() -> None:
    """Start and run until SIGTERM."""
    level = os.environ.get("MOLVA_LOG_LEVEL", "INFO")
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    run(settings_from_env(os.environ))


if __name__ == "__main__":
    main()
