"""Tokens by which programs of people ask the endpoints."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0021_searches")]
    operations = [
        migrations.CreateModel(
            "Token",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=16, unique=True)),
                ("person", models.CharField(max_length=16)),
                ("purpose", models.CharField(max_length=80)),
                ("scopes", models.TextField()),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("expires", models.DateTimeField()),
                ("revoked", models.BooleanField()),
            ],
        ),
    ]
