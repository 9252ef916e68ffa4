"""Who works on a case, and the categories that they gave."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0014_captures")]
    operations = [
        migrations.CreateModel(
            "Person",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=16, unique=True)),
                ("name", models.TextField()),
                ("role", models.CharField(max_length=16)),
                ("locked", models.BooleanField()),
                ("password", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            "Grade",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="homeward.item")),
                ("scheme", models.CharField(max_length=64)),
                ("code", models.CharField(max_length=32)),
                ("takes_back", models.BigIntegerField(null=True)),
                ("person", models.CharField(max_length=16)),
                ("batch", models.BigIntegerField(db_index=True)),
            ],
        ),
    ]
