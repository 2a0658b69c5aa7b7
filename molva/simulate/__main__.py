"""`python -m molva.simulate`: the command by itself, without the rest of the product."""

from molva.simulate.command import simulate

if __name__ == "__main__":
    simulate()
