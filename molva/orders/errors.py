"""What can go wrong with orders."""


class CurrencyMismatch(ValueError):
    """An order in another currency than the programme's: it waits for a person instead of being added up wrongly."""

    def __init__(self, got: str, expected: str) -> None:
        super().__init__(f"the order is in {got}, the programme counts in {expected}")
        self.got, self.expected = got, expected
