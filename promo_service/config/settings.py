"""The promo service's settings, all from the environment."""

from typing import Any

from chassis import tracing
from chassis.environment import env, hosts_of, required_by
from chassis.logs import logging_config

SERVICE = "promo_service"

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
    AUTH_SERVICE_URL = env.str("AUTH_SERVICE_URL").rstrip("/")
    SERVICE_CLIENT_ID = env.str("SERVICE_CLIENT_ID", SERVICE)
    SERVICE_CLIENT_SECRET = env.str("SERVICE_CLIENT_SECRET")
    LOG_LEVEL = env.str("LOG_LEVEL", "info")

# No health check: it would cost every request a round trip. A connection that the
# server ended is replaced before it is used (chassis.database); one that broke without
# a word answers one 503.
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "DISABLE_SERVER_SIDE_CURSORS": True}
# Of which tables rows are removed, and what removes them. The migrations grant DELETE
# on these to the service's role, and on no other table: the books are never shortened.
EMPTIED_TABLES = {
    "closed_day": "close_days --reopen",
    "ledger_day": "close_days --reopen",
}
DATABASE_ROUTERS = ["promo_service.config.database_router.NoDjangoUsers"]

INSTALLED_APPS = [
    # Its `migrate` takes the place of Django's.
    "chassis.database",
    # simplejwt imports their models; the router keeps their tables away.
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "drf_spectacular",
    "promo_service.holders",
    "promo_service.promos",
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
ROOT_URLCONF = "promo_service.config.urls"
INTERNAL_URLCONF = "promo_service.config.internal_urls"
WSGI_APPLICATION = "promo_service.config.wsgi.application"

TOKEN_BACKENDS = "promo_service.holders.keys.backend_for"  # noqa: S105
METRIC_COLLECTORS = [
    "chassis.jobs.JobsCollector",
    "promo_service.holders.metrics.MissingUsersCollector",
]
READINESS_OF_KEYS = "promo_service.holders.keys.are_known"

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
    "TITLE": "Promo System: promos",
    "DESCRIPTION": "Promos, what is left of them, and what their points were used for.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "COMPONENT_SPLIT_PATCH": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "PromoStatus": "promo_service.promos.serializers.answers.STATUSES",
        "EntryType": "promo_service.promos.serializers.answers.ENTRY_TYPES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chassis.document_hooks.refuse_unknown_fields",
        "chassis.document_hooks.open_answers",
        "promo_service.promos.serializers.requests.name_one_user",
        "promo_service.promos.serializers.answers.name_reversible_points",
    ],
}

APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = logging_config(LOG_LEVEL, SERVICE)
DJANGO_STRUCTLOG_USER_ID_FIELD = "id"

# TLS ends at the gateway or before it, which also redirects and sets HSTS.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    "security.W001",  # SecurityMiddleware: the gateway sets all of its headers
    "security.W002",  # X-Frame-Options: set by the gateway
    "security.W003",  # CSRF: nothing here reads a cookie
    "security.W004",  # HSTS: set by the gateway
    "security.W008",  # redirect to TLS: done by the gateway
]
