"""The least of Django that the chassis needs: no service, no database."""

import django
from django.conf import settings


def pytest_configure() -> None:
    if not settings.configured:
        settings.configure(
            SECRET_KEY="for the tests of the chassis alone, and nothing else at all",
            TOKEN_ISSUER="issuer",
            ROOT_URLCONF="chassis.tests.urls",
            ALLOWED_HOSTS=["testserver"],
            INTERNAL_PORT="9",
            INTERNAL_URLCONF="chassis.tests.urls",
            USE_TZ=True,
            REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
            INSTALLED_APPS=[
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "rest_framework",
            ],
        )
        django.setup()
