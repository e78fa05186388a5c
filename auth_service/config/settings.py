"""The auth service's settings, all from the environment."""

from datetime import timedelta
from typing import Any

from auth_service.config.service_clients import parse_service_clients
from chassis import tracing
from chassis.environment import env, hosts_of, required_by
from chassis.logs import logging_config

SERVICE = "auth_service"

with required_by(SERVICE):
    SECRET_KEY = env.str("SECRET_KEY")
    # One's own names, and those that clients know the system by.
    ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS")
    ALLOWED_HOSTS += hosts_of(env.str("PUBLIC_ORIGINS", ""))
    DATABASES: dict[str, Any] = {
        "default": env.dj_db_url("DATABASE_URL", engine="chassis.database")
    }
    # Longer than the role's `statement_timeout` (15 s), which ends what is slow: this
    # ends the wait for a server that says nothing. See chassis.database.
    DATABASE_PATIENCE_SECONDS = env.float("DATABASE_PATIENCE_SECONDS", 20.0)
    TOKEN_ISSUER = env.str("TOKEN_ISSUER")
    TOKEN_AUDIENCE = env.str("TOKEN_AUDIENCE")
    INTERNAL_PORT = env.str("INTERNAL_BIND").rpartition(":")[2]
    SIGNING_KEYS_DIR = env.str("SIGNING_KEYS_DIR")
    SERVICE_CLIENTS = parse_service_clients(env.str("SERVICE_CLIENTS"))
    REFRESH_REUSE_GRACE_SECONDS = env.int("REFRESH_REUSE_GRACE_SECONDS", 10)
    # Each takes 19 MiB and a core for some 20 ms.
    PASSWORD_HASHES_AT_ONCE = env.int("PASSWORD_HASHES_AT_ONCE", 1)
    WEB_WORKERS = env.int("WEB_WORKERS", 2)
    # Requests of a worker that hash a password or wait for their turn to.
    PASSWORD_PLACES = env.int("PASSWORD_PLACES", 4)
    # So many wrong passwords lock a name from an address, until so long after the last.
    AXES_FAILURE_LIMIT = env.int("LOCKOUT_FAILURES", 10)
    AXES_COOLOFF_TIME = timedelta(seconds=env.int("LOCKOUT_SECONDS", 15 * 60))
    # The internal address, to which the relay delivers user events.
    PROMO_SERVICE_URL = env.str("PROMO_SERVICE_URL").rstrip("/")
    RELAY_HEARTBEAT_FILE = env.str("RELAY_HEARTBEAT_FILE", None)
    # How long `purge` leaves what is of no use any more.
    PURGE_SESSIONS_AFTER = timedelta(hours=env.int("PURGE_SESSIONS_AFTER_HOURS", 24))
    PURGE_EVENTS_AFTER = timedelta(days=env.int("PURGE_EVENTS_AFTER_DAYS", 7))
    LOG_LEVEL = env.str("LOG_LEVEL", "info")

# No health check: it would cost every request a round trip. A connection that the
# server ended is replaced before it is used (chassis.database); one that broke without
# a word answers one 503.
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "DISABLE_SERVER_SIDE_CURSORS": True}
# Of which tables rows are removed, and what removes them. The migrations grant DELETE
# on these to the service's role, and on no other table.
EMPTIED_TABLES = {
    "session": "purge, and the erasure of a user",
    "user_event": "purge",
    "axes_accessattempt": "purge, a log-in that goes well, and erasure",
    "axes_accessattemptexpiration": "with the attempt",
}
DATABASE_ROUTERS = ["auth_service.config.database_router.NoDjangoUsers"]

INSTALLED_APPS = [
    # Its `migrate` takes the place of Django's.
    "chassis.database",
    # simplejwt imports their models; the router keeps their tables away.
    "django.contrib.auth",
    "django.contrib.contenttypes",
    # An index by prefix names its operator class.
    "django.contrib.postgres",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "auth_service.tokens",
    "auth_service.outbox",
    "auth_service.accounts",
]
MIDDLEWARE = [
    *tracing.middleware(),
    "chassis.middleware.request_id",
    "chassis.middleware.lower_case_ids",
    "chassis.middleware.count_requests",
    "chassis.request_log.RequestLog",
    "chassis.middleware.internal_port",
    "chassis.middleware.content_length",
]
ROOT_URLCONF = "auth_service.config.urls"
INTERNAL_URLCONF = "auth_service.config.internal_urls"
WSGI_APPLICATION = "auth_service.config.wsgi.application"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS: list[str] = []
PASSWORD_HASHERS = ["auth_service.accounts.hashers.Argon2idHasher"]
_VALIDATORS = "django.contrib.auth.password_validation."
# Lengths are judged with every other field's, by the serializers.
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": _VALIDATORS + "UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name"]},
    },
    {"NAME": _VALIDATORS + "CommonPasswordValidator"},
    {"NAME": _VALIDATORS + "NumericPasswordValidator"},
]

# What locks is in accounts.lockout, which alone calls axes; nothing of a request is
# kept.
AXES_HANDLER = "auth_service.accounts.lockout.PairHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

TOKEN_BACKENDS = "auth_service.tokens.keys.backend_for"  # noqa: S105
METRIC_COLLECTORS = [
    "auth_service.outbox.metrics.OutboxCollector",
    "auth_service.tokens.metrics.SigningKeysCollector",
    "chassis.jobs.JobsCollector",
]
READINESS_OF_KEYS = "auth_service.tokens.keys.can_sign"

REST_FRAMEWORK = {
    "DEFAULT_PARSER_CLASSES": ["chassis.strict_json.StrictJsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["chassis.strict_json.JsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "chassis.negotiation.JsonNegotiation",
    "DEFAULT_SCHEMA_CLASS": "chassis.openapi.ContractSchema",
    "EXCEPTION_HANDLER": "chassis.problems.handle_exception",
    "UNAUTHENTICATED_USER": None,
    # `?format=` is an unknown field, like any other.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Promo System: accounts and tokens",
    "DESCRIPTION": "Who uses the system, and the tokens that say so.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "COMPONENT_SPLIT_PATCH": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {"Role": "auth_service.accounts.fields.ROLES"},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chassis.document_hooks.refuse_unknown_fields",
        "chassis.document_hooks.open_answers",
        "auth_service.accounts.serializers.tell_who_has_a_number",
    ],
}

APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = logging_config(LOG_LEVEL, SERVICE)
# It says of each failure that there was one; accounts.lockout says when a pair locks.
LOGGING["loggers"]["axes"] = {"level": "ERROR"}
DJANGO_STRUCTLOG_USER_ID_FIELD = "id"

# TLS ends at the gateway or before it, which also redirects and sets HSTS.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # usernames are unique by an index on lower(username)
    "axes.W002",  # its middleware: accounts.lockout answers
    "axes.W003",  # its backend: accounts.services.passwords logs in
    "security.W001",  # SecurityMiddleware: the gateway sets all of its headers
    "security.W002",  # X-Frame-Options: set by the gateway
    "security.W003",  # CSRF: nothing here reads a cookie
    "security.W004",  # HSTS: set by the gateway
    "security.W008",  # redirect to TLS: done by the gateway
]
