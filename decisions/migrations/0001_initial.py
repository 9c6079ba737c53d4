"""The tables of what agents did, people among them. Creates tables alone: takes no lock on others."""

import uuid

from django.db import migrations, models

import decisions.vocab


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("username", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
            ],
            options={
                "db_table": "person",
            },
        ),
        migrations.CreateModel(
            name="Agent",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("vendor", models.CharField(blank=True, max_length=120)),
                ("model", models.CharField(blank=True, max_length=120)),
                ("version", models.CharField(blank=True, max_length=60)),
                ("owner", models.UUIDField(null=True)),
                ("active", models.BooleanField()),
            ],
            options={
                "db_table": "agent",
            },
        ),
        migrations.CreateModel(
            name="AgentKey",
            fields=[
                ("id", models.CharField(max_length=8, primary_key=True, serialize=False)),
                ("agent_id", models.UUIDField(db_index=True)),
                ("digest", models.BinaryField(max_length=32)),
                ("scopes", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "agent_key",
            },
        ),
        migrations.CreateModel(
            name="InvitationLink",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "invitation_link",
            },
        ),
        migrations.CreateModel(
            name="RegisterGroup",
            fields=[
                ("slug", models.SlugField(max_length=64, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
            ],
            options={
                "db_table": "register_group",
            },
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                ("person_id", models.UUIDField(primary_key=True, serialize=False)),
                ("active", models.BooleanField()),
                ("roles", models.JSONField(default=list)),
            ],
            options={
                "db_table": "standing",
            },
        ),
        migrations.CreateModel(
            name="StoredCheckpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "checkpoint",
            },
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=40)),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("state", models.CharField(max_length=12)),
                ("raised_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.UUIDField(null=True)),
                ("cleared_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "alarm",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "cleared"), _negated=True), fields=("key",), name="alarm_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "acknowledged", "cleared"])), name="alarm_state"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("id", models.UUIDField(unique=True)),
                ("ref_key", models.CharField(max_length=32, unique=True)),
                ("version", models.IntegerField()),
                ("last_seq", models.BigIntegerField(db_index=True)),
                ("complete", models.BooleanField(default=False)),
                ("agent_id", models.UUIDField()),
                ("agent_ref", models.CharField(blank=True, max_length=200)),
                ("episode", models.CharField(blank=True, max_length=200)),
                ("service", models.CharField(blank=True, max_length=64)),
                ("environment", models.CharField(blank=True, max_length=64)),
                ("environment_class", models.CharField(blank=True, max_length=8)),
                ("resource", models.CharField(blank=True, max_length=300)),
                ("kind", models.CharField(blank=True, max_length=64)),
                ("tier", models.SmallIntegerField(null=True)),
                ("data_class", models.CharField(blank=True, max_length=40)),
                ("owner_id", models.UUIDField(null=True)),
                ("deputy_id", models.UUIDField(null=True)),
                ("team", models.CharField(blank=True, max_length=120)),
                ("level_ruled", models.CharField(blank=True, max_length=2)),
                ("level_used", models.CharField(blank=True, max_length=2)),
                ("beyond", models.BooleanField(default=False)),
                ("rule", models.CharField(blank=True, max_length=120)),
                ("policy_version", models.IntegerField(null=True)),
                ("risk", models.CharField(blank=True, max_length=6)),
                ("reversible", models.BooleanField(null=True)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("state", models.CharField(max_length=20)),
                ("outcome", models.CharField(blank=True, max_length=16)),
                ("outcome_observed", models.BooleanField(default=False)),
                ("outcome_own", models.BooleanField(default=False)),
                ("outcome_detail", models.TextField(blank=True)),
                ("proposed", models.BooleanField(default=False)),
                ("replayed", models.BooleanField(default=False)),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("hold_until", models.DateTimeField(null=True)),
                ("claim_until", models.DateTimeField(null=True)),
                ("claim_seconds", models.IntegerField(default=600)),
                ("requirement", models.JSONField(default=list)),
                ("action", models.JSONField(null=True)),
                ("action_hash", models.CharField(blank=True, db_index=True, max_length=71)),
                ("account", models.JSONField(default=dict)),
                ("decided_by", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("sign_off", models.CharField(default=decisions.vocab.SignOff["NONE"], max_length=8)),
                ("sign_off_seconds", models.IntegerField(null=True)),
                ("sign_off_due", models.DateTimeField(null=True)),
                ("effect", models.CharField(blank=True, max_length=16)),
                ("cause", models.CharField(blank=True, max_length=20)),
            ],
            options={
                "db_table": "decision",
                "indexes": [
                    models.Index(fields=["occurred_at"], name="decision_occurred"),
                    models.Index(fields=["service", "seq"], name="decision_service"),
                    models.Index(fields=["episode", "seq"], name="decision_episode"),
                    models.Index(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    decisions.vocab.State["SUGGESTED"],
                                    decisions.vocab.State["PENDING"],
                                    decisions.vocab.State["WINDOW"],
                                ],
                            )
                        ),
                        fields=["hold_until"],
                        name="decision_open_hold",
                    ),
                    models.Index(
                        condition=models.Q(("sign_off", decisions.vocab.SignOff["REQUIRED"])),
                        fields=["sign_off_due"],
                        name="decision_owed",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    decisions.vocab.State["SUGGESTED"],
                                    decisions.vocab.State["PENDING"],
                                    decisions.vocab.State["WINDOW"],
                                    decisions.vocab.State["AUTHORIZED"],
                                    decisions.vocab.State["EXECUTING"],
                                    decisions.vocab.State["SUCCEEDED"],
                                    decisions.vocab.State["FAILED"],
                                    decisions.vocab.State["UNKNOWN"],
                                    decisions.vocab.State["REVIEW"],
                                    decisions.vocab.State["REPORTED"],
                                    decisions.vocab.State["REVERT_ORDERED"],
                                    decisions.vocab.State["REVERTING"],
                                    decisions.vocab.State["REVERT_FAILED"],
                                    decisions.vocab.State["REVERTED"],
                                    decisions.vocab.State["REVERT_FAILED_ACK"],
                                    decisions.vocab.State["DENIED"],
                                    decisions.vocab.State["VETOED"],
                                    decisions.vocab.State["EXPIRED"],
                                    decisions.vocab.State["WITHDRAWN"],
                                    decisions.vocab.State["CLOSED"],
                                ],
                            )
                        ),
                        name="decision_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "level_ruled__in",
                                [
                                    "",
                                    decisions.vocab.Level["L0"],
                                    decisions.vocab.Level["L1"],
                                    decisions.vocab.Level["L2"],
                                    decisions.vocab.Level["L3"],
                                    decisions.vocab.Level["L4"],
                                ],
                            )
                        ),
                        name="decision_level_ruled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "level_used__in",
                                [
                                    "",
                                    decisions.vocab.Level["L0"],
                                    decisions.vocab.Level["L1"],
                                    decisions.vocab.Level["L2"],
                                    decisions.vocab.Level["L3"],
                                    decisions.vocab.Level["L4"],
                                ],
                            )
                        ),
                        name="decision_level_used",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "risk__in",
                                [
                                    "",
                                    decisions.vocab.Risk["LOW"],
                                    decisions.vocab.Risk["MEDIUM"],
                                    decisions.vocab.Risk["HIGH"],
                                ],
                            )
                        ),
                        name="decision_risk",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "sign_off__in",
                                [
                                    decisions.vocab.SignOff["NONE"],
                                    decisions.vocab.SignOff["REQUIRED"],
                                    decisions.vocab.SignOff["ACCEPTED"],
                                    decisions.vocab.SignOff["REFUSED"],
                                ],
                            )
                        ),
                        name="decision_sign_off",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                (
                                    "state__in",
                                    [
                                        decisions.vocab.State["SUGGESTED"],
                                        decisions.vocab.State["PENDING"],
                                        decisions.vocab.State["WINDOW"],
                                    ],
                                ),
                                _negated=True,
                            ),
                            ("hold_until__isnull", False),
                            _connector="OR",
                        ),
                        name="decision_hold_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sign_off", decisions.vocab.SignOff["NONE"]),
                            ("sign_off_due__isnull", False),
                            _connector="OR",
                        ),
                        name="decision_sign_off_due",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("name", models.CharField(max_length=32)),
                ("text", models.TextField()),
            ],
            options={
                "db_table": "disclosure",
                "constraints": [models.UniqueConstraint(fields=("seq", "name"), name="disclosure_once")],
            },
        ),
        migrations.CreateModel(
            name="EntryRow",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("id", models.UUIDField(unique=True)),
                ("kind", models.CharField(db_index=True, max_length=32)),
                ("at", models.DateTimeField()),
                ("body", models.BinaryField()),
                ("leaf", models.BinaryField(max_length=32)),
            ],
            options={
                "db_table": "entry",
                "constraints": [models.CheckConstraint(condition=models.Q(("seq__gte", 0)), name="entry_seq")],
            },
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("frontier", models.BinaryField(max_length=2048)),
                ("at", models.DateTimeField()),
                ("config", models.UUIDField(null=True)),
                ("identity", models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                "db_table": "head",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="head_one")],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.CharField(max_length=110, primary_key=True, serialize=False)),
                ("group_slug", models.SlugField(max_length=64)),
                ("person_id", models.UUIDField()),
            ],
            options={
                "db_table": "membership",
                "constraints": [models.UniqueConstraint(fields=("group_slug", "person_id"), name="membership_once")],
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                ("slug", models.SlugField(max_length=64, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("tier", models.SmallIntegerField()),
                ("environments", models.JSONField(default=list)),
                ("owner", models.UUIDField(null=True)),
                ("deputy", models.UUIDField(null=True)),
                ("team", models.CharField(blank=True, max_length=120)),
                ("data_class", models.CharField(blank=True, max_length=40)),
                ("cost_per_minute", models.CharField(blank=True, max_length=20)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("retired", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "service",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("tier__gte", 0), ("tier__lte", 3)), name="service_tier")
                ],
            },
        ),
        migrations.CreateModel(
            name="Timeline",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("decision_seq", models.BigIntegerField()),
                ("kind", models.CharField(max_length=32)),
                ("state", models.CharField(max_length=20)),
                ("actor", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "timeline",
                "indexes": [models.Index(fields=["decision_seq", "seq"], name="timeline_decision")],
            },
        ),
    ]
