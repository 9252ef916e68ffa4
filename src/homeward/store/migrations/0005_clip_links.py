"""Links between clips."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0004_header")]
    operations = [
        migrations.CreateModel(
            name="ClipLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("orientation", models.IntegerField()),
                ("stretches", models.JSONField()),
                ("share_a", models.IntegerField()),
                ("share_b", models.IntegerField()),
                ("distance", models.IntegerField()),
                (
                    "a",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clip_links", to="homeward.item"
                    ),
                ),
                (
                    "b",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="homeward.item"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="cliplink", constraint=models.UniqueConstraint(fields=("a", "b"), name="clip_link_once")
        ),
    ]
