"""A page near the end of a list, of which no client could follow every page before.

Only the first cursor is made here, signed as the service would: it lies behind the last
row. From there on the service's own links are followed, backwards and forwards again.
"""

from collections.abc import Generator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from django.core.signing import TimestampSigner

from bench.results import RunFailed
from bench.scale.asking import Answer, Request
from bench.scale.world import World

_SALT = "chassis.pagination.cursor"
# Behind every row, in the order that a key has.
_BEHIND: dict[str, Any] = {
    "-creation_time": ["t", "0001-01-01T00:00:00+00:00"],
    "-id": ["u", str(UUID(int=0))],
    "ends": ["t", "9999-12-31T23:59:59.999999+00:00"],
    "id": ["u", str(UUID(int=2**128 - 1))],
}


def find_near_end(
    world: World, first: Request, page: Answer
) -> Generator[Request, Answer, str]:
    """Return the link to the last page, after the first one was asked for.

    Raises RunFailed where the first page is the only one.
    """
    link = page.json()["next"]
    if link is None:
        raise RunFailed(f"{first.path} has one page only, at {world.promos:,} promos")
    last = yield Request(path=_behind_all(world, link), token=first.token, timed=False)
    before = yield Request(path=last.json()["previous"], token=first.token, timed=False)
    near_end: str = before.json()["next"]
    return near_end


def _behind_all(world: World, link: str) -> str:
    """Return the link to the page before what lies behind every row."""
    target = urlsplit(link)
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    service = "auth_service" if "/users" in target.path else "promo_service"
    key = world.stack.environment(service)["SECRET_KEY"]
    signer = TimestampSigner(key=key, salt=_SALT, fallback_keys=[])
    cursor = signer.unsign_object(query["cursor"])
    cursor |= {"p": [_BEHIND[key] for key in cursor["k"]], "b": True}
    query["cursor"] = signer.sign_object(cursor, compress=True)
    return f"{target.path}?{urlencode(query)}"
