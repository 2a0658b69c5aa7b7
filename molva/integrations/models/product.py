"""What a shop's products belong to: an order body names products only, rules speak of categories too."""

from django.db import models

from molva.integrations.models.connection import Connection
from molva.kit import clock
from molva.workspaces.scoping import WorkspaceModel


class ShopProduct(WorkspaceModel):
    """A product as it stood in the shop when an order first named it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="products")
    external_id = models.CharField(max_length=120)
    categories = models.JSONField(default=list)  # ids of collections; empty for a product that is gone
    read_at = models.DateTimeField(default=clock.now)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="shop_product_once")
        ]

    def __str__(self) -> str:
        return self.external_id
