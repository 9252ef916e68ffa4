"""Devices behind pictures."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0006_copies")]
    operations = [
        migrations.CreateModel(
            name="CameraLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("merged", models.BooleanField()),
                ("score", models.BigIntegerField()),
                ("log10_lr", models.IntegerField()),
                ("calibration", models.TextField()),
                ("reason", models.TextField()),
                ("caveats", models.JSONField()),
                (
                    "device",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="homeward.item"),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="camera_links", to="homeward.item"
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("item", "device"), name="camera_link_once")]},
        ),
    ]
