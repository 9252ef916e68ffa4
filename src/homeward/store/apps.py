"""The store as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Tables are named ``homeward_*`` whatever the room is called."""

    name = "homeward.store"
    label = "homeward"
