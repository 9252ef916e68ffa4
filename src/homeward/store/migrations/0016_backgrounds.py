"""What pictures show of background collections."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0015_people")]
    operations = [
        migrations.CreateModel(
            "BackgroundSight",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("picture", models.CharField(max_length=64)),
                ("box", models.TextField()),
                ("key", models.TextField()),
                ("batch", models.BigIntegerField()),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="homeward.item"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("key", "item", "picture"), name="background_sight_once"),
                ]
            },
        ),
    ]
