"""The public paths of tokens, below `api/v1/auth/`."""

from django.urls import path

from auth_service.tokens import views

urlpatterns = [
    path("token/refresh", views.TokenRefresh.as_view()),
    path("logout", views.Logout.as_view()),
]
