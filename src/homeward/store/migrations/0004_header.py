"""Headers of files, and the keys by which like is found."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("homeward", "0003_vouched_findings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Header",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("full", models.CharField(max_length=12)),
                ("bare", models.CharField(db_index=True, max_length=12)),
                ("writer", models.CharField(db_index=True, max_length=12)),
                ("make", models.TextField()),
                ("model", models.TextField()),
                ("body_serial", models.TextField(db_index=True)),
                ("lens_serial", models.TextField()),
                ("origin", models.CharField(max_length=8)),
                ("app", models.TextField()),
                ("likely_make", models.TextField()),
                ("current", models.BooleanField()),
                ("batch", models.BigIntegerField(db_index=True)),
                ("item", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="homeward.item")),
            ],
            options={
                "indexes": [models.Index(fields=["full", "item"], name="header_path")],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("current", True)), fields=("item",), name="header_once")
                ],
            },
        ),
    ]
