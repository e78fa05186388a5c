"""The public paths."""

from django.urls import include, path

from auth_service.tokens.views import Jwks
from chassis.openapi import DocumentView

urlpatterns = [
    path("api/v1/auth/schema", DocumentView.as_view()),
    path("api/v1/auth/", include("auth_service.tokens.urls")),
    path("api/v1/", include("auth_service.accounts.urls")),
    path(".well-known/jwks.json", Jwks.as_view()),
]

handler400 = "chassis.problems.handle_400"
handler404 = "chassis.problems.handle_404"
handler500 = "chassis.problems.handle_500"
