"""The public paths of promos and redemptions."""

from django.urls import path

from chassis.openapi import DocumentView
from promo_service.promos import views

urlpatterns = [
    # They are tried in turn: the busiest come first.
    path("api/v1/promos/<uuid:promo_id>/use", views.PromoUse.as_view()),
    path("api/v1/promos/<uuid:promo_id>/points", views.PromoPoints.as_view()),
    path("api/v1/promos/me", views.PromoListMe.as_view()),
    path("api/v1/promos", views.PromoList.as_view()),
    path("api/v1/promos/bulk", views.PromoBulk.as_view()),
    path("api/v1/promos/me/use", views.MyPromosUse.as_view()),
    path("api/v1/promos/summary", views.PromoSummary.as_view()),
    path("api/v1/promos/timeline", views.PromoTimeline.as_view()),
    path("api/v1/promos/schema", DocumentView.as_view()),
    path("api/v1/promos/<uuid:promo_id>", views.PromoDetail.as_view()),
    path("api/v1/promos/<uuid:promo_id>/ledger", views.PromoLedger.as_view()),
    path("api/v1/promos/<uuid:promo_id>/revisions", views.PromoRevisions.as_view()),
    path("api/v1/redemptions", views.RedemptionList.as_view()),
    path("api/v1/redemptions/me", views.RedemptionListMe.as_view()),
    path("api/v1/redemptions/<uuid:redemption_id>", views.RedemptionDetail.as_view()),
    path(
        "api/v1/redemptions/<uuid:redemption_id>/reverse",
        views.RedemptionReverse.as_view(),
    ),
    # For the gateway alone, which gives no client a way to it.
    path("gateway/v1/large-body", views.LargeBodySender.as_view()),
]
