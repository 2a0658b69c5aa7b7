"""What a handler may say about its own failure, and what the queue says to its caller."""


class GiveUpError(Exception):
    """Raised by a handler: another try cannot help. The job is dead at once, with this text."""


class RetryLaterError(Exception):
    """Raised by a handler: try again after so many seconds (a Retry-After that the other side asked for).

    Any other exception with a positive `retry_after` is understood in the same way. One that also has
    `is_put_off` says that the job met a closed door (a limit of calls): the try is not counted.
    """

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.retry_after = seconds


class NotAJobError(TypeError):
    """The function was not marked with `@job`, so the worker would refuse to call it."""


class LeaseLostError(RuntimeError):
    """Another worker took the job over; whatever this one did must not be recorded."""
