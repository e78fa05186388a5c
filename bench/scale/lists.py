"""Every list with every single filter: common values, rare ones, and absent ones.

Of a rare or an absent value there is as much at every size: what takes longer then is
the finding.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from bench.filling import count_holders, holder_id, promo_id, username
from bench.scale.asking import Request, Talk, Work
from bench.scale.paging import find_near_end
from bench.scale.world import World

_NOBODY = str(UUID("0190ffff-ffff-7000-8000-0000000000ff"))
_HEAVY = 1
_MIDDLE = timedelta(days=365)
_LONG_AGO = timedelta(days=1000)

# Of a walk: the pages that are passed over, and those that are timed.
_PASSED, _TIMED = 100, 100

Query = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list and what it is narrowed to.

    `walk_rows` a page it is walked through with: so that the smallest system has enough
    pages, too; 0 where it hasn't. `is_long` where there are two usual pages at least.
    """

    name: str
    operation: str
    path: str | Callable[[World], str]
    query: Callable[[World], Query] = lambda _: {}
    # Who asks: None is the administrator.
    holder: Callable[[World], UUID] | None = None
    walk_rows: int = 0
    is_long: bool = False

    def works(self) -> Iterator[Work]:
        """Return its first page, and of a long list pages far behind it."""
        yield self._work("first page", self._ask_first)
        if self.walk_rows:
            yield self._work(f"page {_PASSED} and on", self._walk, _TIMED)
        if self.is_long:
            yield self._work("near the end", self._ask_near_end)

    def _work(self, page: str, talk: Callable[[World], Talk], times: int = 150) -> Work:
        return Work(
            name=f"{self.name}: {page}",
            operation=self.operation,
            talk=talk,
            is_list=True,
            times=times,
        )

    def _ask_first(self, world: World) -> Talk:
        while True:
            yield self._request(world)

    def _walk(self, world: World) -> Talk:
        first = self._request(world, timed=False, page_size=str(self.walk_rows))
        page = yield first
        for number in range(_PASSED + _TIMED):
            following = page.json()["next"]
            if following is None:
                return
            page = yield Request(
                path=following, token=first.token, timed=number >= _PASSED
            )

    def _ask_near_end(self, world: World) -> Talk:
        first = self._request(world, timed=False)
        page = yield first
        near_end = yield from find_near_end(world, first, page)
        while True:
            yield Request(path=near_end, token=first.token)

    def _request(self, world: World, *, timed: bool = True, **more: str) -> Request:
        path = self.path if isinstance(self.path, str) else self.path(world)
        query = urlencode({**self.query(world), **more})
        holder = self.holder(world) if self.holder else None
        return Request(
            path=f"{path}?{query}" if query else path,
            token=world.token_of(holder) if holder else world.administrator,
            timed=timed,
        )


def _some_holder(world: World) -> UUID:
    return holder_id(world.any_holder())


def _heavy_holder(_: World) -> UUID:
    return holder_id(_HEAVY)


def _always(**query: str) -> Callable[[World], Query]:
    return lambda _: query


def _campaign(world: World) -> Query:
    campaigns = (world.promos - 1) // max(1, count_holders(world.promos) // 5)
    return {"promo_code": f"C-{world.chance.randint(0, campaigns)}"}


def _own_code(world: World) -> Query:
    # Those whose number ends on 3 have a code of their own.
    number = 10 * world.chance.randint(0, world.promos // 10 - 1) + 3
    return {"promo_code": f"P-{number}"}


def _moment(name: str, away: timedelta) -> Callable[[World], Query]:
    def query(world: World) -> Query:
        moment: datetime = world.filling.now + away
        return {name: moment.isoformat()}

    return query


_ALL = ("Get_promo_list_all_users", "/api/v1/promos")
_MINE = ("Get_promo_list_me", "/api/v1/promos/me")
_REDEMPTIONS = ("Get_redemption_list_all_users", "/api/v1/redemptions")
_USERS = ("list_users", "/api/v1/users")

# Name, the query, and whether it is long.
_FILTERS: tuple[tuple[str, Callable[[World], Query], bool], ...] = (
    ("no filter", _always(), True),
    ("user_id", lambda w: {"user_id": str(_some_holder(w))}, False),
    ("user_id, of very many", _always(user_id=str(holder_id(_HEAVY))), False),
    ("user_id, nobody's", _always(user_id=_NOBODY), False),
    ("username", lambda w: {"username": username(w.any_holder())}, False),
    ("username, of very many", _always(username=username(_HEAVY)), False),
    ("username, nobody's", _always(username="nobody.at.all"), False),
    ("promo_type, common", _always(promo_type="welcome"), True),
    ("promo_type, uncommon", _always(promo_type="anniversary"), False),
    ("promo_type, rare", _always(promo_type="pilot"), False),
    ("promo_type, absent", _always(promo_type="nothing"), False),
    ("promo_code, of a campaign", _campaign, False),
    ("promo_code, of one promo", _own_code, False),
    ("promo_code, absent", _always(promo_code="NOTHING"), False),
    ("status=active", _always(status="active"), True),
    ("status=expired", _always(status="expired"), True),
    ("ends_before, now", _moment("ends_before", timedelta()), True),
    ("ends_before, none", _moment("ends_before", -_LONG_AGO), False),
    ("ends_after, now", _moment("ends_after", timedelta()), True),
    ("ends_after, none", _moment("ends_after", _LONG_AGO), False),
    ("created_before, a year ago", _moment("created_before", -_MIDDLE), True),
    ("created_before, none", _moment("created_before", -_LONG_AGO), False),
    ("created_after, a year ago", _moment("created_after", -_MIDDLE), True),
    ("created_after, none", _moment("created_after", _LONG_AGO), False),
)
_MY_FILTERS: tuple[tuple[str, Callable[[World], Query]], ...] = (
    ("no filter", _always()),
    ("status=active", _always(status="active")),
    ("status=expired", _always(status="expired")),
    ("promo_type", _always(promo_type="welcome")),
    ("promo_type, absent", _always(promo_type="nothing")),
    ("ends_before, now", _moment("ends_before", timedelta())),
    ("ends_after, now", _moment("ends_after", timedelta())),
)
_USER_FILTERS: tuple[tuple[str, Callable[[World], Query], bool], ...] = (
    ("no filter", _always(), True),
    ("role=normal", _always(role="normal"), True),
    ("role=administrator", _always(role="administrator"), False),
    ("is_active=true", _always(is_active="true"), True),
    ("is_active=false", _always(is_active="false", page_size="2"), False),
    # Names of one in ten, of one in 32, and of one in about 340.
    ("search, very common", _always(search="m", page_size="20"), True),
    ("search, common", _always(search="mona", page_size="5"), True),
    ("search, uncommon", _always(search="mona.a", page_size="1"), False),
    ("search, one user", lambda w: {"search": username(w.any_holder())}, False),
    ("search, absent", _always(search="nobody.at.all"), False),
)


def list_listings() -> Iterator[Listing]:
    """Return every list with every filter."""
    for name, query, is_long in _FILTERS:
        yield Listing(
            name=f"promos, {name}",
            operation=_ALL[0],
            path=_ALL[1],
            query=query,
            walk_rows=10 if is_long else 0,
            is_long=is_long,
        )
    for who, holder in (("own", _some_holder), ("very many own", _heavy_holder)):
        for name, query in _MY_FILTERS:
            yield Listing(
                name=f"{who} promos, {name}",
                operation=_MINE[0],
                path=_MINE[1],
                query=query,
                holder=holder,
            )
    yield from _list_redemptions()
    yield from _list_histories()
    for name, query, is_long in _USER_FILTERS:
        yield Listing(
            name=f"users, {name}",
            operation=_USERS[0],
            path=_USERS[1],
            query=query,
            walk_rows=2 if is_long and not name.startswith("search") else 0,
            is_long=is_long,
        )


def _list_redemptions() -> Iterator[Listing]:
    operation, path = _REDEMPTIONS
    of_promo: Callable[[World], Query] = lambda w: {  # noqa: E731
        "promo_id": str(promo_id(w.any_promo()))
    }
    filters: tuple[tuple[str, Callable[[World], Query], bool], ...] = (
        ("no filter", _always(), True),
        ("user_id", lambda w: {"user_id": str(_some_holder(w))}, False),
        ("user_id, nobody's", _always(user_id=_NOBODY), False),
        ("promo_id", of_promo, False),
        ("promo_id, nobody's", _always(promo_id=_NOBODY), False),
    )
    for name, query, is_long in filters:
        yield Listing(
            name=f"redemptions, {name}",
            operation=operation,
            path=path,
            query=query,
            walk_rows=10 if is_long else 0,
            is_long=is_long,
        )
    yield Listing(
        name="own redemptions",
        operation="Get_redemption_list_me",
        path=f"{path}/me",
        holder=_some_holder,
    )


def _list_histories() -> Iterator[Listing]:
    for what in ("ledger", "revisions"):
        yield Listing(
            name=f"a promo's {what}",
            operation=f"Get_promo_{what}",
            path=_history_of_some_promo(what),
        )


def _history_of_some_promo(what: str) -> Callable[[World], str]:
    return lambda world: f"/api/v1/promos/{promo_id(world.any_promo())}/{what}"
