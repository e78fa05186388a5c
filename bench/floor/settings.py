"""The floor's settings: the product's database, and nothing else of it."""

from typing import Any

from environs import Env

env = Env()

SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS")
DATABASES: dict[str, Any] = {"default": env.dj_db_url("DATABASE_URL")}
# As in promo_service's settings.
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "DISABLE_SERVER_SIDE_CURSORS": True}

INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "bench.floor.urls"
WSGI_APPLICATION = "bench.floor.wsgi.application"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LOGGING_CONFIG = None
