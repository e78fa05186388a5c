"""What filled databases say: SQL that makes each row from a number alone.

A promo's life is planned when it is granted, and each step of it comes so many promos
later. Time goes on with every promo, from two years ago until now: so rows are made in
the order in which the product would have written them, and entries, redemptions,
revisions and the promo itself say the same.
"""

from dataclasses import dataclass

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
    *("farida", "mostafa", "yasmin", "khaled", "noha", "ramy", "hoda", "samir"),
    *("malak", "ziad", "sawsan", "fady", "injy", "wael", "laila", "basem"),
)
LAST_NAMES = (
    *("hassan", "adel", "fahmy", "nasser", "salem", "mansour", "zaki", "farouk"),
    *("ibrahim", "kamal", "lotfy", "shaker", "aziz", "badawi", "ramzy", "gaber"),
    *("helmy", "osman", "tawfik", "wahba", "ghali", "sabry", "mahfouz", "darwish"),
    *("younis", "elgendy", "kandil", "abdallah", "eid", "nagy", "sultan", "raafat"),
)


@dataclass(frozen=True)
class Rows:
    """A table's columns, and the query for its rows of a range of numbers."""

    table: str
    columns: str
    query: str


def uuid_of(number: str) -> str:
    """Return the SQL of the id of that number: like version 7, in its order."""
    return _uuid("0190", number, "7000", number)


def _uuid(prefix: str, order: str, version: str, number: str) -> str:
    return (
        f"('{prefix}' || lpad(to_hex({order}), 8, '0') || '{version}80000000' "
        f"|| lpad(to_hex({number}), 8, '0'))::uuid"
    )


def _one_of(words: tuple[str, ...], place: str) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"(ARRAY[{listed}])[1 + mod({place}, {len(words)})]"


_FIRST_NAME = _one_of(FIRST_NAMES, "n")
_LAST_NAME = _one_of(LAST_NAMES, f"n / {len(FIRST_NAMES)}")
USERNAME = f"concat({_FIRST_NAME}, '.', {_LAST_NAME}, '.', n)"
NAME = f"initcap(concat({_FIRST_NAME}, ' ', {_LAST_NAME}))"
_IS_ACTIVE = "mod(n, 211) <> 0"
_TIME_OF = "(%(begin)s::timestamptz + %(step)s::interval * ({}))".format
_NUMBERS = "generate_series(%(first)s::bigint, %(last)s) AS n"
_HOLDERS = "generate_series(%(first)s::bigint, LEAST(%(last)s, %(holders)s)) AS n"
_STEP = """(VALUES ('grant', 0, 0::bigint), {}) AS step(name, place, later)""".format(
    ", ".join(
        f"('{name}', {name[4:] if name.startswith('use_') else 0}, %({name})s::bigint)"
        for name in STEPS
    )
)

# A row for each promo of the range: what will be, and what has been until now. OFFSET 0
# keeps PostgreSQL from working a thing out again wherever it is named.
_LIFE = f"""
SELECT n, {uuid_of("n")} AS promo_id, {uuid_of("holder")} AS holder_id, luck,
       mod(chance / 10, 1000) AS kind, is_late, granted, uses, more, share, rest, used,
       adjusted, returned, deleted, granted + adjusted - used * share
           - CASE WHEN used = uses THEN rest ELSE 0 END + returned AS held,
       1 + used + (adjusted > 0)::int + (returned > 0)::int AS entries,
       {_TIME_OF("n")} AS granted_at
FROM {_NUMBERS}
CROSS JOIN LATERAL (
    SELECT hashint8extended(n, 1) & 1073741823 AS chance,
           hashint8extended(n, 2) & 1073741823 AS luck,
           CASE WHEN mod(n, {HEAVY_EVERY}) = 0 THEN 1
                ELSE 1 + mod(n - 1, %(holders)s) END AS holder,
           mod(n, 101) = 0 AS is_late
    OFFSET 0
) AS drawn CROSS JOIN LATERAL (
    SELECT 100 + 5 * mod(chance, 381) AS granted,
           CASE WHEN mod(n, 31) = 0 OR is_late THEN 0
                ELSE (ARRAY[0, 1, 1, 2, 2, 2, 2, 3, 3, 4])[1 + mod(chance, 10)]
           END AS uses,
           CASE WHEN mod(n, 53) = 0 THEN 50 ELSE 0 END AS more
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
           mod(n, 97) = 0 AND n + %(void)s <= %(promos)s AS deleted
    OFFSET 0
) AS lived CROSS JOIN LATERAL (
    SELECT CASE WHEN mod(n, 83) = 0 AND uses > 0 AND n + %(reverse)s <= %(promos)s
                THEN (share + CASE WHEN uses = 1 THEN rest ELSE 0 END) / 2
                ELSE 0 END AS returned
    OFFSET 0
) AS moved
"""

# A row for each entry of the range of time, whoever's it is.
_MOMENT = f"""
SELECT tick, n, place, promo_id, holder_id, {_TIME_OF("tick")} AS creation_time,
       CASE WHEN place > 0 THEN 'use' ELSE name END AS type,
       returned, share + CASE WHEN place = uses THEN rest ELSE 0 END AS taken,
       granted - place * share - CASE WHEN place = uses THEN rest ELSE 0 END
           + CASE WHEN place > 1 THEN more ELSE 0 END AS left_over,
       CASE WHEN place > 0 THEN {_uuid("0191", "tick", "700' || place || '", "n")}
            WHEN name = 'reverse'
            THEN {_uuid("0191", "n + %(use_1)s", "7001", "n")}
       END AS redemption_id,
       CASE name WHEN 'grant' THEN 1 WHEN 'use_1' THEN 2
                 WHEN 'adjust' THEN 2 + (uses > 0)::int WHEN 'void' THEN entries + 1
                 WHEN 'reverse' THEN 2 + uses + (more > 0)::int
                 ELSE 1 + place + (more > 0)::int END::bigint AS sequence,
       granted, more, held, share + CASE uses WHEN 1 THEN rest ELSE 0 END AS first_use,
       uses
FROM {_STEP}
CROSS JOIN LATERAL (
    SELECT *, n + later AS tick FROM life
    WHERE n BETWEEN %(first)s - later AND %(last)s - later
) AS whose
WHERE CASE name WHEN 'grant' THEN TRUE WHEN 'adjust' THEN more > 0
                WHEN 'reverse' THEN returned > 0 WHEN 'void' THEN deleted AND held > 0
                ELSE place <= uses END
ORDER BY tick
"""

# What the queries below read: lives so far, and the moments of the range of time.
START = (
    f"CREATE TEMPORARY TABLE life AS {_LIFE} LIMIT 0",
    "CREATE INDEX ON life (n)",
    f"CREATE TEMPORARY TABLE moment AS {_MOMENT} LIMIT 0",
)
NEXT = (
    f"INSERT INTO life {_LIFE}",
    "TRUNCATE moment",
    f"INSERT INTO moment {_MOMENT}",
)

_CHOSEN = f"""
CROSS JOIN LATERAL (
    -- However many promos there are, about 60 are pilots.
    SELECT CASE WHEN mod(n, GREATEST(%(promos)s / 60, 1)) = 0 THEN 'pilot'
                WHEN kind < 400 THEN 'welcome'
                WHEN kind < 650 THEN 'loyalty' WHEN kind < 800 THEN 'apology'
                WHEN kind < 900 THEN 'birthday' WHEN kind < 960 THEN 'referral'
                WHEN kind < 990 THEN 'seasonal' ELSE 'anniversary' END AS promo_type,
           CASE WHEN mod(n, 10) = 3 OR mod(n, {HEAVY_EVERY}) = 0 THEN concat('P-', n)
                ELSE concat('C-', (n - 1) / %(campaign)s) END AS promo_code,
           CASE WHEN mod(luck, 3) = 0 THEN 'With thanks from all of us'
                END AS description,
           granted_at + CASE WHEN is_late THEN interval '45 days'
                             ELSE interval '0' END AS start_time,
           date_trunc('day', granted_at + interval '1 day' * (ARRAY[
               NULL, NULL, NULL, 60, 60, 90, 90, 180, 365, 730
           ])[1 + mod(luck / 7, 10)]) AS end_time,
           mod(n, 31) <> 0 AS is_active
) AS chosen
"""
_LAST_STEP = """n + CASE
    WHEN deleted AND held > 0 THEN %(void)s WHEN returned > 0 THEN %(reverse)s
    WHEN used > 1 OR adjusted = 0
    THEN (ARRAY[0, %(use_1)s, %(use_2)s, %(use_3)s, %(use_4)s])[1 + used]
    ELSE %(adjust)s END
"""
_ADMINISTRATOR = f"'{ADMINISTRATOR_ID}'::uuid"

PROMO_ROWS = (
    Rows(
        "holder",
        "user_id, version, void_version, username, name, role, is_active, deleted",
        f"SELECT {uuid_of('n')}, 1::bigint, 0::bigint, {USERNAME}, {NAME}, 'normal', "
        f"{_IS_ACTIVE}, FALSE FROM {_HOLDERS}",
    ),
    Rows(
        "promo",
        "id, holder_id, promo_type, promo_code, description, promo_amount, "
        "remaining_points, start_time, end_time, is_active, creation_time, version, "
        "last_sequence, last_entry_time, deleted_at, is_used_up",
        "SELECT promo_id, holder_id, promo_type, promo_code, description, "
        "granted + adjusted, CASE WHEN deleted THEN 0 ELSE held END, start_time, "
        "end_time, is_active, granted_at, "
        "(1 + (adjusted > 0)::int + deleted::int)::bigint, "
        "(entries + (deleted AND held > 0)::int)::bigint, "
        f"{_TIME_OF(_LAST_STEP)}, "
        f"CASE WHEN deleted THEN {_TIME_OF('n + %(void)s')} END, "
        "NOT deleted AND held = 0 "
        f"FROM life {_CHOSEN} WHERE n BETWEEN %(first)s AND %(last)s ORDER BY n",
    ),
    Rows(
        "promo_revision",
        "promo_id, version, holder_id, promo_type, promo_code, description, "
        "promo_amount, start_time, end_time, is_active, deleted, actor_id, "
        "actor_role, creation_time",
        "SELECT promo_id, CASE name WHEN 'grant' THEN 1 WHEN 'adjust' THEN 2 "
        "ELSE 2 + (more > 0)::int END::bigint, holder_id, promo_type, promo_code, "
        "description, granted + CASE name WHEN 'grant' THEN 0 ELSE more END, "
        f"start_time, end_time, is_active, name = 'void', {_ADMINISTRATOR}, "
        f"'administrator', {_TIME_OF('n + later')} "
        f"FROM {_STEP} CROSS JOIN LATERAL "
        "(SELECT * FROM life WHERE n BETWEEN %(first)s - later AND %(last)s - later) "
        f"AS whose {_CHOSEN} WHERE CASE name WHEN 'grant' THEN TRUE "
        "WHEN 'adjust' THEN more > 0 ELSE name = 'void' AND deleted END "
        "ORDER BY n + later",
    ),
    Rows(
        "redemption",
        "id, holder_id, points, reversed_points, task, actor_id, actor_role, "
        "creation_time",
        "SELECT redemption_id, holder_id, taken, "
        "CASE place WHEN 1 THEN returned ELSE 0 END, "
        "CASE WHEN mod(n, 2) = 0 THEN concat('Order ', n) END, holder_id, 'normal', "
        "creation_time FROM moment WHERE place > 0",
    ),
    Rows(
        "redemption_part",
        "redemption_id, promo_id, holder_id, position, points, reversed_points, "
        "remaining_points",
        "SELECT redemption_id, promo_id, holder_id, 1, taken, "
        "CASE place WHEN 1 THEN returned ELSE 0 END, left_over "
        "FROM moment WHERE place > 0",
    ),
    Rows(
        "reversal",
        "id, redemption_id, holder_id, points, reason, actor_id, actor_role, "
        "creation_time",
        "SELECT promo_id, redemption_id, holder_id, returned, 'Came back', "
        f"{_ADMINISTRATOR}, 'administrator', creation_time "
        "FROM moment WHERE type = 'reverse'",
    ),
    Rows(
        "ledger_entry",
        "promo_id, sequence, holder_id, type, points, balance, redemption_id, "
        "actor_id, actor_role, creation_time",
        "SELECT promo_id, sequence, holder_id, type, CASE type WHEN 'grant' "
        "THEN granted WHEN 'adjust' THEN more WHEN 'reverse' THEN returned "
        "WHEN 'void' THEN -held ELSE -taken END, CASE type WHEN 'grant' THEN granted "
        "WHEN 'adjust' THEN granted + more "
        "- CASE uses WHEN 0 THEN 0 ELSE first_use END "
        "WHEN 'reverse' THEN held WHEN 'void' THEN 0 ELSE left_over END, "
        f"redemption_id, CASE WHEN place > 0 THEN holder_id ELSE {_ADMINISTRATOR} END, "
        "CASE WHEN place > 0 THEN 'normal' ELSE 'administrator' END, creation_time "
        "FROM moment",
    ),
    Rows(
        "idempotency_key",
        "actor_id, key, fingerprint, status, redemption_id, creation_time",
        "SELECT holder_id, md5(concat(n, ' ', place))::uuid::text, "
        "sha256(redemption_id::text::bytea), 201::smallint, redemption_id, "
        "creation_time FROM moment WHERE place > 0",
    ),
)

USER_ROWS = (
    Rows(
        "account",
        "id, username, password, name, address, mobile_number, role, is_active, "
        "creation_time, version, void_version",
        f"SELECT {uuid_of('n')}, {USERNAME}, %(password)s, {NAME}, "
        "concat(n, ' Nile Street, Cairo'), "
        "concat('+20100', lpad(mod(n, 10000000)::text, 7, '0')), 'normal', "
        f"{_IS_ACTIVE}, {_TIME_OF('n')}, 1::bigint, 0::bigint FROM {_HOLDERS}",
    ),
    Rows(
        "account_audit",
        "user_id, actor_id, change, role, creation_time",
        f"SELECT {uuid_of('n')}, NULL::uuid, 'created', 'normal', {_TIME_OF('n')} "
        f"FROM {_HOLDERS}",
    ),
)
