"""Promos, their ledger and their redemptions."""
