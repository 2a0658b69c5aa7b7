"""Addresses of the public face that have the namespace `public`."""

from django.urls import path

from molva.web.public import email_change, landing, root, script

app_name = "public"
urlpatterns = [
    path("", root.show, name="root"),
    path("welcome/", root.nowhere, name="nowhere"),
    path("mail/<str:token>/", email_change.show, name="email_change"),
    path("p/<slug:programme>/", landing.show, name="landing"),
    path("p/<slug:programme>/thanks/", landing.thanks, name="thanks"),
    path("p/<slug:programme>/accent.css", landing.accent_sheet, name="accent"),
    path("s/<slug:programme>.js", script.storefront, name="script"),
    path("s/<slug:programme>/offer.json", script.offer, name="offer"),
]
