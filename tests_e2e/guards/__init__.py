"""Whether the tests would notice: each guard is taken out in turn, and must be missed.

`make prove-guards` copies the code, removes one guard from the copy (a condition of a
statement, a lock, a constraint, a check), and runs the tests that are named to catch it
on a real PostgreSQL. Proven is a guard whose tests pass with it and fail without it,
while the ordinary way still works: so the edit removed this guard and broke nothing
else. `make prove-guards ARGS='-k name'` tries some; it is no part of `make test`.

The guards stand in `catalogue`, by what they are about; a text that is no longer found
there exactly once stops everything before it begins.
"""
