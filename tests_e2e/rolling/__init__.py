"""`make test-rolling`: deployments that no client notices."""
