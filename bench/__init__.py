"""Measured claims: how fast the system is, and how fast when it is large."""
