"""Stories through the whole product: real processes, the demo shop, a real browser."""
