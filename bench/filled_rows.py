"""What a filled promo database says: SQL that makes each row from a number alone.

A promo's life is planned when it is granted, and each step of it comes so many promos
later. Time goes on with every promo, from two years ago until now: so rows are made in
the order in which the product would have written them, nothing has to be sorted, and
entries, redemptions, revisions and the promo itself say the same.
"""

from dataclasses import dataclass
from enum import StrEnum

# Who granted and changed everything.
ADMINISTRATOR_ID = "0190ffff-ffff-7000-8000-000000000001"

# How many promos after its grant a step of a promo's life comes: this part of all.
STEPS = {
    "use_1": 400,
    "adjust": 200,
    "use_2": 100,
    "use_3": 50,
    "use_4": 25,
    "reverse": 20,
    "void": 10,
}
HEAVY_EVERY = 199  # so many promos, one is the first holder's, who has very many
FIRST_NAMES = (
    *("mona", "karim", "layla", "omar", "salma", "tarek", "nadia", "hassan"),
    *("amira", "youssef", "dina", "ali", "heba", "sherif", "rania", "adel"),
)
LAST_NAMES = (
    *("hassan", "adel", "fahmy", "nasser", "salem", "mansour", "zaki", "farouk"),
    *("ibrahim", "kamal", "lotfy", "shaker", "aziz", "badawi", "ramzy", "gaber"),
)


class Table(StrEnum):
    """What is filled, in this order."""

    HOLDER = "holder"
    PROMO = "promo"
    REVISION = "promo_revision"
    REDEMPTION = "redemption"
    PART = "redemption_part"
    REVERSAL = "reversal"
    ENTRY = "ledger_entry"
    KEY = "idempotency_key"


@dataclass(frozen=True)
class Rows:
    """A table's columns, and the query for its rows of a range of numbers."""

    columns: str
    query: str


def uuid_of(number: str) -> str:
    """Return the SQL of the id of that number: like version 7, in its order."""
    return (
        f"('0190' || lpad(to_hex({number}), 8, '0') || '70008000' "
        f"|| lpad(to_hex({number}), 12, '0'))::uuid"
    )


def _one_of(words: tuple[str, ...], place: str) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"(ARRAY[{listed}])[1 + mod({place}, {len(words)})]"


FIRST_NAME = _one_of(FIRST_NAMES, "n")
LAST_NAME = _one_of(LAST_NAMES, f"n / {len(FIRST_NAMES)}")
USERNAME = f"concat({FIRST_NAME}, '.', {LAST_NAME}, '.', n)"
NAME = f"initcap(concat({FIRST_NAME}, ' ', {LAST_NAME}))"
IS_ACTIVE = "mod(n, 211) <> 0"
TIME_OF = "(%(begin)s::timestamptz + %(step)s::interval * ({}))".format

# OFFSET 0 keeps PostgreSQL from working a thing out again wherever it is named.
_LIFE = f"""
CROSS JOIN LATERAL (
    SELECT hashint8extended(n, 1) & 1073741823 AS chance,
           hashint8extended(n, 2) & 1073741823 AS luck,
           CASE WHEN mod(n, {HEAVY_EVERY}) = 0 THEN 1
                ELSE 1 + mod(n - 1, %(holders)s) END AS holder,
           mod(n, 31) <> 0 AS is_active, mod(n, 101) = 0 AS is_late,
           mod(n, 53) = 0 AS is_adjusted, mod(n, 83) = 0 AS is_reversed,
           mod(n, 97) = 0 AS is_deleted
    OFFSET 0
) AS drawn CROSS JOIN LATERAL (
    SELECT 100 + 5 * mod(chance, 381) AS granted,
           CASE WHEN NOT is_active OR is_late THEN 0
                ELSE (ARRAY[0, 1, 1, 2, 2, 2, 2, 3, 3, 4])[1 + mod(chance, 10)]
           END AS uses,
           CASE WHEN is_adjusted THEN 50 ELSE 0 END AS more
    OFFSET 0
) AS planned CROSS JOIN LATERAL (
    SELECT granted / 5 AS share,
           -- What the last use of a promo that is used up takes besides its share.
           CASE WHEN uses > 0 AND mod(luck, 7) = 0
                THEN granted - uses * (granted / 5)
                     + CASE WHEN uses > 1 THEN more ELSE 0 END
                ELSE 0 END AS rest,
           LEAST(uses, (n + %(use_1)s <= %(promos)s)::int
                       + (n + %(use_2)s <= %(promos)s)::int
                       + (n + %(use_3)s <= %(promos)s)::int
                       + (n + %(use_4)s <= %(promos)s)::int) AS used,
           CASE WHEN n + %(adjust)s <= %(promos)s THEN more ELSE 0 END AS adjusted,
           is_deleted AND n + %(void)s <= %(promos)s AS deleted
    OFFSET 0
) AS lived CROSS JOIN LATERAL (
    SELECT used * share + CASE WHEN used = uses THEN rest ELSE 0 END AS taken,
           CASE WHEN is_reversed AND uses > 0 AND n + %(reverse)s <= %(promos)s
                THEN (share + CASE WHEN uses = 1 THEN rest ELSE 0 END) / 2
                ELSE 0 END AS returned
    OFFSET 0
) AS moved CROSS JOIN LATERAL (
    SELECT granted + adjusted - taken + returned AS held,
           1 + used + (adjusted > 0)::int + (returned > 0)::int AS entries
    OFFSET 0
) AS left_over
"""

# What an administrator can change, of a promo and of each of its revisions.
_ATTRIBUTES = f"""
CROSS JOIN LATERAL (
    SELECT {TIME_OF("n")} AS granted_at, mod(chance / 10, 1000) AS kind,
           (ARRAY[NULL, NULL, NULL, 60, 60, 90, 90, 180, 365, 730])
               [1 + mod(luck / 7, 10)] AS days
    OFFSET 0
) AS chosen CROSS JOIN LATERAL (
    SELECT CASE WHEN mod(n, 5000) = 7 THEN 'pilot' WHEN kind < 400 THEN 'welcome'
                WHEN kind < 650 THEN 'loyalty' WHEN kind < 800 THEN 'apology'
                WHEN kind < 900 THEN 'birthday' WHEN kind < 960 THEN 'referral'
                WHEN kind < 999 THEN 'seasonal' ELSE 'anniversary' END AS promo_type,
           CASE WHEN mod(n, 10) = 3 OR mod(n, {HEAVY_EVERY}) = 0 THEN concat('P-', n)
                ELSE concat('C-', (n - 1) / %(campaign)s) END AS promo_code,
           CASE WHEN mod(luck, 3) = 0 THEN 'With thanks from all of us'
                END AS description,
           granted_at + CASE WHEN is_late THEN interval '45 days'
                             ELSE interval '0' END AS start_time,
           date_trunc('day', granted_at + days * interval '1 day') AS end_time
    OFFSET 0
) AS attributes
"""


def _steps(*names: str) -> str:
    """Return the SQL of what comes in a range of time: whose, and which step it is."""
    places = {"grant": 0} | {f"use_{place}": place for place in (1, 2, 3, 4)}
    steps = ", ".join(
        f"('{name}', {places.get(name, 0)}, %({name})s::bigint)" for name in names
    )
    return f"""
FROM generate_series(%(first)s::bigint, %(last)s) AS tick
CROSS JOIN (VALUES {steps}) AS step(name, place, later)
CROSS JOIN LATERAL (
    SELECT tick - later AS n
    WHERE tick > later AND CASE name
        WHEN 'adjust' THEN mod(tick - later, 53) = 0
        WHEN 'reverse' THEN mod(tick - later, 83) = 0
        WHEN 'void' THEN mod(tick - later, 97) = 0 ELSE TRUE END
    OFFSET 0
) AS whose
"""


_USE_ID = (
    "('0191' || lpad(to_hex(tick), 8, '0') || '700' || place || '8000' "
    "|| lpad(to_hex(n), 12, '0'))::uuid"
)
_FIRST_USE_ID = (
    "('0191' || lpad(to_hex(n + %(use_1)s), 8, '0') || '70018000' "
    "|| lpad(to_hex(n), 12, '0'))::uuid"
)
_TAKEN = "(share + CASE WHEN place = uses THEN rest ELSE 0 END)"
_LEFT = (
    "(granted + CASE WHEN place > 1 THEN more ELSE 0 END - place * share "
    "- CASE WHEN place = uses THEN rest ELSE 0 END)"
)
_GIVEN_BACK = "CASE WHEN place = 1 THEN returned ELSE 0 END"
_BY_ADMINISTRATOR = f"'{ADMINISTRATOR_ID}'::uuid, 'administrator'"
_USES = f"{_steps('use_1', 'use_2', 'use_3', 'use_4')} {_LIFE} WHERE place <= uses"
_GRANTS = f"FROM generate_series(%(first)s::bigint, %(last)s) AS n {_LIFE}"
_HOLDER = uuid_of("holder")
_PROMO = uuid_of("n")

ROWS = {
    Table.HOLDER: Rows(
        "user_id, version, void_version, username, name, role, is_active, deleted",
        f"SELECT {_PROMO}, 1::bigint, 0::bigint, {USERNAME}, {NAME}, 'normal', "
        f"{IS_ACTIVE}, FALSE FROM generate_series(%(first)s::bigint, %(last)s) AS n",
    ),
    Table.PROMO: Rows(
        "id, holder_id, promo_type, promo_code, description, promo_amount, "
        "remaining_points, start_time, end_time, is_active, creation_time, version, "
        "last_sequence, last_entry_time, deleted_at",
        f"SELECT {_PROMO}, {_HOLDER}, promo_type, promo_code, description, "
        "granted + adjusted, CASE WHEN deleted THEN 0 ELSE held END, start_time, "
        "end_time, is_active, granted_at, "
        "(1 + (adjusted > 0)::int + deleted::int)::bigint, "
        "(entries + (deleted AND held > 0)::int)::bigint, "
        + TIME_OF(
            "n + CASE WHEN deleted AND held > 0 THEN %(void)s "
            "WHEN returned > 0 THEN %(reverse)s WHEN used > 1 OR adjusted = 0 THEN "
            "(ARRAY[0, %(use_1)s, %(use_2)s, %(use_3)s, %(use_4)s])[1 + used] "
            "ELSE %(adjust)s END"
        )
        + f", CASE WHEN deleted THEN {TIME_OF('n + %(void)s')} END "
        f"{_GRANTS} {_ATTRIBUTES}",
    ),
    Table.REVISION: Rows(
        "promo_id, version, holder_id, promo_type, promo_code, description, "
        "promo_amount, start_time, end_time, is_active, deleted, actor_id, "
        "actor_role, creation_time",
        f"SELECT {_PROMO}, (CASE name WHEN 'grant' THEN 1 WHEN 'adjust' THEN 2 "
        f"ELSE 2 + (more > 0)::int END)::bigint, {_HOLDER}, promo_type, promo_code, "
        "description, granted + CASE name WHEN 'grant' THEN 0 ELSE more END, "
        f"start_time, end_time, is_active, name = 'void', {_BY_ADMINISTRATOR}, "
        f"{TIME_OF('tick')} {_steps('grant', 'adjust', 'void')} {_LIFE} {_ATTRIBUTES}",
    ),
    Table.REDEMPTION: Rows(
        "id, holder_id, points, reversed_points, task, actor_id, actor_role, "
        "creation_time",
        f"SELECT {_USE_ID}, {_HOLDER}, {_TAKEN}, {_GIVEN_BACK}::bigint, "
        f"CASE WHEN mod(n, 2) = 0 THEN concat('Order ', n) END, {_HOLDER}, 'normal', "
        f"{TIME_OF('tick')} {_USES}",
    ),
    Table.PART: Rows(
        "redemption_id, promo_id, holder_id, position, points, reversed_points, "
        "remaining_points",
        f"SELECT {_USE_ID}, {_PROMO}, {_HOLDER}, 1, {_TAKEN}, "
        f"{_GIVEN_BACK}::bigint, {_LEFT} {_USES}",
    ),
    Table.REVERSAL: Rows(
        "id, redemption_id, holder_id, points, reason, actor_id, actor_role, "
        "creation_time",
        f"SELECT {_PROMO}, {_FIRST_USE_ID}, {_HOLDER}, returned, 'Came back', "
        f"{_BY_ADMINISTRATOR}, {TIME_OF('tick')} {_steps('reverse')} {_LIFE} "
        "WHERE uses > 0",
    ),
    Table.ENTRY: Rows(
        "promo_id, sequence, holder_id, type, points, balance, redemption_id, "
        "actor_id, actor_role, creation_time",
        f"SELECT {_PROMO}, (CASE name WHEN 'grant' THEN 1 WHEN 'use_1' THEN 2 "
        "WHEN 'adjust' THEN 2 + (uses > 0)::int "
        "WHEN 'reverse' THEN 2 + uses + (more > 0)::int WHEN 'void' THEN entries + 1 "
        f"ELSE 1 + place + (more > 0)::int END)::bigint, {_HOLDER}, "
        "CASE WHEN place > 0 THEN 'use' ELSE name END, "
        f"CASE name WHEN 'grant' THEN granted WHEN 'adjust' THEN more "
        f"WHEN 'reverse' THEN returned WHEN 'void' THEN -held ELSE -{_TAKEN} END, "
        "CASE name WHEN 'grant' THEN granted WHEN 'adjust' THEN granted + more "
        "- CASE uses WHEN 0 THEN 0 WHEN 1 THEN share + rest ELSE share END "
        f"WHEN 'reverse' THEN held WHEN 'void' THEN 0 ELSE {_LEFT} END, "
        f"CASE WHEN place > 0 THEN {_USE_ID} WHEN name = 'reverse' "
        f"THEN {_FIRST_USE_ID} END, "
        f"CASE WHEN place > 0 THEN {_HOLDER} ELSE '{ADMINISTRATOR_ID}'::uuid END, "
        "CASE WHEN place > 0 THEN 'normal' ELSE 'administrator' END, "
        f"{TIME_OF('tick')} "
        f"{_steps('grant', *STEPS)} {_LIFE} "
        "WHERE place <= uses AND (name <> 'reverse' OR uses > 0) "
        "AND (name <> 'void' OR held > 0)",
    ),
    Table.KEY: Rows(
        "actor_id, key, fingerprint, status, redemption_id, creation_time",
        f"SELECT {_HOLDER}, md5(concat(n, ' ', place))::uuid::text, "
        f"sha256(convert_to(concat(n, ' ', place), 'UTF8')), 201::smallint, {_USE_ID}, "
        f"{TIME_OF('tick')} {_USES}",
    ),
}
