"""`make test-cluster`: the local overlay on a real cluster, and what it survives."""
