"""What stage 0 refuses."""


class LastOwner(Exception):
    """The company would be left without an owner."""
