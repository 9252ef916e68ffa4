"""Series, and what was decided about them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0011_match_ranges")]
    operations = [
        migrations.CreateModel(
            "SeriesEvent",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=64, unique=True)),
                ("series", models.CharField(max_length=64, db_index=True)),
                ("body", models.TextField()),
                ("batch", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            "SeriesMember",
            [
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to="homeward.item"
                    ),
                ),
                ("series", models.CharField(max_length=64, db_index=True)),
            ],
        ),
        migrations.CreateModel(
            "SeriesJoin",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("a", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="homeward.item")),
                (
                    "b",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="homeward.item"
                    ),
                ),
                ("proposed", models.BooleanField()),
                ("log10_lr", models.IntegerField()),
                ("pair_lr", models.IntegerField()),
                ("why", models.TextField()),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("a", "b"), name="series_join_once")]},
        ),
    ]
