"""Captures of communities."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0013_matching")]
    operations = [
        migrations.CreateModel(
            "CaptureEvent",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=64, unique=True)),
                ("body", models.TextField()),
                ("batch", models.BigIntegerField(db_index=True)),
            ],
        ),
    ]
