"""The public paths of accounts, below `api/v1/`."""

from django.urls import path

from auth_service.accounts import views

urlpatterns = [
    path("auth/register", views.Register.as_view()),
    path("auth/token", views.ObtainToken.as_view()),
    path("users", views.UserList.as_view()),
    path("users/me", views.Me.as_view()),
    path("users/me/password", views.MyPassword.as_view()),
    path("users/<uuid:user_id>", views.UserDetail.as_view()),
    path("users/<uuid:user_id>/password", views.UserPassword.as_view()),
]
