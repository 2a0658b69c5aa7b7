"""Addresses of Molva as an application of shops: what their back office shows of ours."""

from django.urls import path

from molva.web.apps import widget

app_name = "apps"
urlpatterns = [
    path("widget.js", widget.script, name="widget_script"),
    path("widget/", widget.reference, name="widget_reference"),
    path("widget/<str:signed>/", widget.frame, name="widget_frame"),
]
