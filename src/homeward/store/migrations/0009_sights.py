"""What pictures show from any side."""

import django.db.models.deletion
from django.db import migrations, models

ITEM = "homeward.item"
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [("homeward", "0008_clues")]
    operations = [
        migrations.CreateModel(
            "SightLink",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.IntegerField()),
                ("place_score", models.IntegerField()),
                ("place_lr", models.IntegerField()),
                ("object_lr", models.IntegerField()),
                ("box_a", models.TextField()),
                ("box_b", models.TextField()),
                ("reason", models.TextField()),
                ("key", models.TextField()),
                ("batch", models.BigIntegerField()),
                ("a", models.ForeignKey(on_delete=PROTECT, related_name="sights_after", to=ITEM)),
                ("b", models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="sights_before", to=ITEM)),
            ],
        ),
        migrations.AddConstraint(
            "SightLink",
            models.UniqueConstraint(fields=["key", "a", "b"], name="sight_link_once"),
        ),
    ]
