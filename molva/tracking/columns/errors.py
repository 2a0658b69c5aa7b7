"""What may go wrong with a question to the raw clicks."""

from typing import Literal

Why = Literal["slow", "large", "away"]


class NoAnswerError(Exception):
    """A store gave no answer: it took too long, needed too much memory, or the server was away."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why = why


class SealingError(Exception):
    """A day could not be sealed, or its copy is not equal to it; the raw file is untouched."""
