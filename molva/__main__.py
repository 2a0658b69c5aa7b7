"""`python -m molva` is the command `molva`."""

from molva.config.cli import main

main()
