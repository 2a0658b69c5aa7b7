"""House rules: what a linter cannot see, kept by tests."""
