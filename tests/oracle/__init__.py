"""A second, deliberately naive reading of the simulate contract, to compare the engine with."""
