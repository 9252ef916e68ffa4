"""Who has which work in hand."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0018_second_factor")]
    operations = [
        migrations.CreateModel(
            "Lease",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to="homeward.item")),
                ("person", models.CharField(db_index=True, max_length=16)),
                ("until", models.DateTimeField()),
                ("handed", models.BigIntegerField(null=True)),
            ],
        ),
    ]
