"""Users, their passwords, and what administrators do with them."""
