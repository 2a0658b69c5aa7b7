"""Doors for shops: the only addresses besides the API without a CSRF token."""

from django.urls import path

from molva.web.hooks import views

app_name = "hooks"
urlpatterns = [path("hooks/<slug:kind>/<str:secret>/<slug:topic>", views.accept, name="accept")]
