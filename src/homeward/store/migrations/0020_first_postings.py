"""Who was the first to post what, as captures show."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0019_leases")]
    operations = [
        migrations.CreateModel(
            "FirstPosting",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.TextField()),
                ("handle", models.CharField(max_length=64)),
                ("time", models.BigIntegerField()),
                ("passed_on", models.BooleanField()),
                ("item", models.ForeignKey("homeward.item", django.db.models.deletion.PROTECT, related_name="+")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["item", "site", "handle"], name="first_posting_once")],
            },
        ),
    ]
