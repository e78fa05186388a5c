"""The verbs that write; each is one transaction."""
