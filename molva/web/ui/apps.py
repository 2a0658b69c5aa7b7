"""The shared look of all faces."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "molva.web.ui"
    label = "ui"
