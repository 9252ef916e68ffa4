"""Sights of which one or both are frames of clips."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0024_work_in_hand")]
    operations = [
        migrations.AddField("sightlink", "time_a", models.IntegerField(default=-1)),
        migrations.AddField("sightlink", "time_b", models.IntegerField(default=-1)),
    ]
