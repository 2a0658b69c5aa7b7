"""Addresses of the public face that have the namespace `public`."""

from django.urls import path

from molva.web.public import root

app_name = "public"
urlpatterns = [
    path("", root.show, name="root"),
    path("p/<slug:programme>/", root.show, name="landing"),
    path("p/<slug:programme>/thanks/", root.show, name="thanks"),
    path("s/<slug:programme>.js", root.show, name="script"),
]
