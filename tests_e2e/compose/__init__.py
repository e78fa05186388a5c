"""`make test-compose`: the same tests, against the system that Compose runs."""
