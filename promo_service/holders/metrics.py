"""What is counted of asking auth_service."""

from chassis.metrics import counter, gauge

# Unlabelled it would say 1970 for a worker that has no keys yet.
KEY_SET_FETCHED_AT = gauge(
    "key_set_fetched_timestamp_seconds",
    "When the worker whose key set is the oldest has fetched it.",
    ["source"],
    of_all="min",
)
KEY_SET_FETCHES = counter(
    "key_set_fetches",
    "Fetches of the key set, by outcome; if none, the last good one stays.",
    ["outcome"],
)
USER_LOOKUPS = counter(
    "user_lookups", "Look-ups of users who were unknown here, by outcome.", ["outcome"]
)
CIRCUIT_OPEN = gauge(
    "auth_circuit_open",
    "1 where a worker gave up asking auth_service, until it asks again.",
    of_all="max",
)

for _outcome in ("fetched", "failed", "unusable"):
    KEY_SET_FETCHES.labels(_outcome)
for _outcome in ("found", "unknown", "unavailable"):
    USER_LOOKUPS.labels(_outcome)
