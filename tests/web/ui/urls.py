"""Only the shared look: its tests need no face."""

from django.urls import include, path

urlpatterns = [path("ui/", include("molva.web.ui.urls"))]
