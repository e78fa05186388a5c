"""The product's own paths, so that one load serves both."""

from django.urls import path

from bench.floor import views

urlpatterns = [
    path("api/v1/promos/me", views.list_mine),
    path("api/v1/promos/<uuid:promo_id>/points", views.read_points),
    path("api/v1/promos/<uuid:promo_id>/use", views.use_points),
]
