"""The books: postings, balances, chain, triggers."""
