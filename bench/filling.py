"""Fills the databases with promos, users and a ledger in proportion, by COPY.

Everything has a number, counted from 1, and an id made of it alone; what must hold
holds, so `verify_ledger` finds nothing.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bench import filled_rows
from bench.filled_rows import ROWS, STEPS, TIME_OF, Rows, Table, uuid_of
from bench.loading import Loading, Show, say_nothing

PROMOS_A_HOLDER = 20
NOBODYS_PASSWORD = "!"  # noqa: S105 - Django's hash that no password has
_SPAN = timedelta(days=730)


def promo_id(number: int) -> UUID:
    """Return the id of a promo, or of a user: like version 7, in the order of numbers.

    In SQL it is `bench.filled_rows.uuid_of`.
    """
    return UUID(f"0190{number:08x}70008000{number:012x}")


holder_id = promo_id


def holder_of(number: int, promos: int) -> int:
    """Return whose a promo is, of so many promos: the number of the holder.

    Every 199th is the first holder's, who has very many.
    """
    heavy = number % filled_rows.HEAVY_EVERY == 0
    return 1 if heavy else 1 + (number - 1) % count_holders(promos)


def count_holders(promos: int) -> int:
    """Return how many holders so many promos have."""
    return max(1, promos // PROMOS_A_HOLDER)


def username(number: int) -> str:
    """Return a user's name: a first name, a last name, and the number."""
    first, last = filled_rows.FIRST_NAMES, filled_rows.LAST_NAMES
    family = last[number // len(first) % len(last)]
    return f"{first[number % len(first)]}.{family}.{number}"


@dataclass(frozen=True, kw_only=True)
class Filling:
    """So many promos until `now`; the same numbers always give the same rows."""

    promos: int
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what the queries of `bench.filled_rows` are filled in with."""
        holders = count_holders(self.promos)
        return {
            "promos": self.promos,
            "holders": holders,
            "campaign": max(1, holders // 5),
            "begin": self.now - _SPAN,
            "step": _SPAN / self.promos,
            "grant": 0,
            **{name: self.promos // part for name, part in STEPS.items()},
        }


def fill_promos(url: str, filling: Filling, *, show: Show = say_nothing) -> None:
    """This function will fill an empty promo database, whose owner the URL names.

    `show` is told of each stage how much of it is done. Raises ValueError where there
    are rows already, and RuntimeError where the schema is not what it was.
    """
    rows = {table.value: ROWS[table] for table in Table}
    numbers = dict.fromkeys(rows, filling.promos)
    numbers[Table.HOLDER] = count_holders(filling.promos)
    with Loading(url, rows, show) as loading:
        loading.require_empty()
        loading.load(numbers, filling.parameters)


def fill_users(
    url: str,
    filling: Filling,
    *,
    password_hash: str = NOBODYS_PASSWORD,
    show: Show = say_nothing,
) -> None:
    """This function will add the holders of so many promos to an auth database.

    All of them have the password of that hash. Who is there already
    stays. Raises RuntimeError where the schema is not what it was.
    """
    columns = (
        "id, username, password, name, address, mobile_number, role, is_active, "
        "creation_time, version, void_version"
    )
    numbers = "FROM generate_series(%(first)s::bigint, %(last)s) AS n"
    account = Rows(
        columns,
        f"SELECT {uuid_of('n')}, {filled_rows.USERNAME}, %(password)s, "
        f"{filled_rows.NAME}, concat(n, ' Nile Street, Cairo'), "
        "concat('+20100', lpad(mod(n, 10000000)::text, 7, '0')), 'normal', "
        f"{filled_rows.IS_ACTIVE}, {TIME_OF('n')}, 1::bigint, 0::bigint {numbers}",
    )
    audit = Rows(
        "user_id, actor_id, change, role, creation_time",
        f"SELECT {uuid_of('n')}, NULL::uuid, 'created', 'normal', {TIME_OF('n')} "
        + numbers,
    )
    rows = {"account": account, "account_audit": audit}
    numbers = dict.fromkeys(rows, count_holders(filling.promos))
    parameters = {**filling.parameters, "password": password_hash}
    with Loading(url, rows, show) as loading:
        loading.load(numbers, parameters)
