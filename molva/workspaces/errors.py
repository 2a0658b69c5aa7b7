"""What can go wrong with the people of a company."""


class LastOwner(Exception):
    """The company would be left without an owner."""


class PersonKnown(ValueError):
    """This e-mail has a place here already, and the password typed is not the one that opens it."""
