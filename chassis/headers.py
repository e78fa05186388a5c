"""Headers that say one thing, and what is done where a client says it twice.

gunicorn joins repeated headers with commas, which makes another valid value of two
keys or tokens. Those that are no lists are joined with a line feed instead: no header
can hold one, so the value is refused wherever it is read.
"""

from collections.abc import Sequence

REPEATED = "\n"
# gunicorn refuses Host, Content-Type and Content-Length of two by itself; all others
# that are read here are lists (RFC 9110, 5.3).
_SAID_ONCE = frozenset({"AUTHORIZATION", "IDEMPOTENCY-KEY", "X-REQUEST-ID"})

Headers = Sequence[tuple[str, str]]


def mark_repeated(headers: Headers) -> Headers:
    """Return the headers, those that may be said once joined where they are repeated.

    The names are in upper case.
    """
    if len({name for name, _ in headers}) == len(headers):
        return headers
    said: dict[str, list[str]] = {}
    others: list[tuple[str, str]] = []
    for name, value in headers:
        if name in _SAID_ONCE:
            said.setdefault(name, []).append(value)
        else:
            others.append((name, value))
    return [*others, *((name, REPEATED.join(values)) for name, values in said.items())]
