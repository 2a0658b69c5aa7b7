"""Payouts: what they consist of, where the money goes, what stops them."""
