"""Verified copies: verdicts on pairs, and stacks with maps."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0005_clip_links")]
    operations = [
        migrations.CreateModel(
            name="CopyMember",
            fields=[
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to="homeward.item"
                    ),
                ),
                ("evidence", models.TextField()),
                ("distance", models.IntegerField(null=True)),
                ("score", models.IntegerField(null=True)),
                ("map", models.TextField()),
                (
                    "exemplar",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="copies", to="homeward.item"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Kin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kinship", models.TextField()),
                ("score", models.IntegerField()),
                ("inliers", models.IntegerField()),
                ("map", models.TextField()),
                ("key", models.TextField()),
                ("batch", models.BigIntegerField()),
                (
                    "a",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kin_after", to="homeward.item"
                    ),
                ),
                (
                    "b",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kin_before",
                        to="homeward.item",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("key", "a", "b"), name="kin_once")]},
        ),
    ]
