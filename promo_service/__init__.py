"""Owns promos and their ledger."""
