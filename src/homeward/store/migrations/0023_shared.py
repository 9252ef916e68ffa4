"""Copies that services scaled, and the devices that they were compared with."""

from django.db import migrations, models
from django.db.models import deletion


class Migration(migrations.Migration):
    dependencies = [("homeward", "0022_tokens")]
    operations = [
        migrations.CreateModel(
            name="SharedLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.TextField()),
                ("offered", models.BooleanField()),
                ("score", models.BigIntegerField()),
                ("log10_lr", models.IntegerField()),
                ("calibration", models.TextField()),
                ("reason", models.TextField()),
                ("caveats", models.JSONField()),
                ("device", models.ForeignKey(on_delete=deletion.PROTECT, related_name="+", to="homeward.item")),
                ("item", models.ForeignKey(on_delete=deletion.PROTECT, related_name="shared_links", to="homeward.item")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=["item", "device"], name="shared_link_once")]},
        )
    ]
