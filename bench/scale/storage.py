"""What rows and indexes take up, and what it costs to write."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.scale.asking import Work
from bench.scale.world import World

_TABLES = """
SELECT relname, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid)
FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 0
ORDER BY pg_total_relation_size(oid) DESC
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_relation_size(indexrelid)
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = 'public'::regnamespace AND reltuples > 0
ORDER BY 2 DESC
"""
_COUNTERS = """
SELECT wal_bytes, wal_records, wal_fpi,
       (SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = 'promo'),
       (SELECT blks_read FROM pg_stat_database WHERE datname = 'promo')
FROM pg_stat_wal
"""
_UPDATES = """
SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'promo'
"""
# A session tells its counters when it has had nothing to do for so long.
_TOLD_AFTER_SECONDS = 11
_TIMES = 200

Counters = tuple[Any, ...]


@dataclass(frozen=True)
class WriteCost:
    """What a request costs the database, on average; buffers are of 8 kB."""

    wal_bytes: float
    wal_records: float
    full_page_images: float
    buffers: float
    buffers_not_cached: float
    # Of the promo's row: those that no index had to be told of.
    hot_share: float | None


def read_sizes(world: World) -> Mapping[str, Any]:
    """Return rows and bytes of each table, and bytes of each index."""
    return {
        "tables": {
            name: {"rows": rows, "bytes": table, "index_bytes": indexes}
            for name, rows, table, indexes in world.read(_TABLES)
        },
        "indexes": dict(world.read(_INDEXES)),
    }


def measure_cost(work: Work, worlds: Sequence[World]) -> dict[int, WriteCost]:
    """Return what a request costs just after a checkpoint, by size."""
    talks = {world.promos: work.talk(world) for world in worlds}
    requests = {size: next(talk) for size, talk in talks.items()}
    before = _read_counters(worlds)
    for world in worlds:
        world.run_as_superuser("CHECKPOINT")
        for _ in range(_TIMES):
            answer = world.asker.ask(requests[world.promos])
            requests[world.promos] = talks[world.promos].send(answer)
    after = _read_counters(worlds)
    return {size: _compare(before[size], after[size]) for size in talks}


def _compare(before: Counters, after: Counters) -> WriteCost:
    counted = [float(late - early) for early, late in zip(before, after, strict=True)]
    *a_request, updates, hot_updates = counted
    written, records, images, buffers, missed = (
        round(count / _TIMES, 2) for count in a_request
    )
    hot_share = hot_updates / updates if updates else None
    return WriteCost(written, records, images, buffers, missed, hot_share)


def _read_counters(worlds: Sequence[World]) -> dict[int, Counters]:
    time.sleep(_TOLD_AFTER_SECONDS)
    return {
        world.promos: (*world.read(_COUNTERS)[0], *world.read(_UPDATES)[0])
        for world in worlds
    }
