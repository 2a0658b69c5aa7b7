"""Addresses of the shared look; the whole list stands under /ui/."""

from django.urls import path

from molva.web.ui import gallery, views

app_name = "ui"
urlpatterns = [
    path("theme/", views.choose_theme, name="theme"),
    path("language/", views.choose_language, name="language"),
    path("", gallery.show, name="gallery"),
]
