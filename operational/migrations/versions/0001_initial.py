"""Initial schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'done') = (status_code is not null)", name=op.f("ck_idempotency_key_answered")
        ),
        sa.CheckConstraint("state in ('in_progress', 'done')", name=op.f("ck_idempotency_key_state")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_idempotency_key_org_id_key")),
    )
    op.create_table(
        "ledger_account",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "required_key",
            sa.Enum(
                "none",
                "invoice_id",
                "client_id",
                "gift_card_id",
                "contract_id",
                "provider_id",
                "merchant_account_id",
                "programme_id",
                "other_location_id",
                "jurisdiction_id",
                name="word_subledgerkey",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("may_go_negative", sa.Boolean(), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind in ('asset', 'liability', 'equity', 'revenue', 'expense')",
            name=op.f("ck_ledger_account_kind"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_ledger_account")),
    )
    op.create_table(
        "organization",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z0-9-]{2,60}$'", name=op.f("ck_organization_slug")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_organization")),
        sa.UniqueConstraint("slug", name=op.f("uq_organization_slug")),
    )
    op.create_table(
        "segment_publication",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("segment_code", sa.Text(), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("member_count", sa.Integer(), nullable=False),
        sa.Column("reveals_treatment", sa.Boolean(), nullable=False),
        sa.Column("booked", sa.Text(), nullable=False),
        sa.Column("categories", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "booked in ('same_category', 'any', 'none')", name=op.f("ck_segment_publication_booked")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_segment_publication")),
        sa.UniqueConstraint(
            "org_id",
            "segment_code",
            "definition_version",
            "batch_id",
            "as_of",
            name="uq_segment_publication_evaluation",
        ),
    )
    op.create_index(
        "ix_segment_publication_code",
        "segment_publication",
        ["org_id", "segment_code", "created_at"],
        unique=False,
    )
    op.create_table(
        "tieout_result",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("tieout", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=True),
        sa.Column("left_minor", sa.BigInteger(), nullable=False),
        sa.Column("right_minor", sa.BigInteger(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_tieout_result")),
    )
    op.create_index("ix_tieout_result_batch", "tieout_result", ["org_id", "batch_id"], unique=False)
    op.create_table(
        "consent_template",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "valid_days is null or valid_days > 0", name=op.f("ck_consent_template_valid_days")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.org_id"], name=op.f("fk_consent_template_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_consent_template")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_consent_template_org_id_name")),
    )
    op.create_table(
        "legal_entity",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_legal_entity_currency")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.org_id"], name=op.f("fk_legal_entity_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_legal_entity")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_legal_entity_org_id_name")),
    )
    op.create_table(
        "role",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.org_id"], name=op.f("fk_role_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_role")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_role_org_id_name")),
    )
    op.create_table(
        "segment_member",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "publication_id"],
            ["segment_publication.org_id", "segment_publication.id"],
            name=op.f("fk_segment_member_org_id_publication_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_segment_member")),
        sa.UniqueConstraint(
            "org_id",
            "publication_id",
            "client_key",
            name=op.f("uq_segment_member_org_id_publication_id_client_key"),
        ),
    )
    op.create_table(
        "staff_member",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_digest", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", sa.Text(), nullable=True),
        sa.Column("pin_hash", sa.Text(), nullable=True),
        sa.Column("is_provider", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.org_id"], name=op.f("fk_staff_member_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("org_id", "email_digest", name=op.f("uq_staff_member_org_id_email_digest")),
    )
    op.create_index("ix_staff_member_digest", "staff_member", ["email_digest"], unique=False)
    op.create_table(
        "tender_programme",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "financing",
                "manufacturer",
                name="word_programmekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.org_id"], name=op.f("fk_tender_programme_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_tender_programme")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_tender_programme_org_id_name")),
    )
    op.create_table(
        "treatment_category",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cycle_days", sa.Integer(), nullable=True),
        sa.Column("contact_from_days", sa.Integer(), nullable=True),
        sa.Column("contact_until_days", sa.Integer(), nullable=True),
        sa.Column("earliest_days", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "contact_from_days is null or contact_until_days is null or contact_from_days <= contact_until_days",
            name=op.f("ck_treatment_category_window"),
        ),
        sa.CheckConstraint("cycle_days is null or cycle_days > 0", name=op.f("ck_treatment_category_cycle")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organization.org_id"], name=op.f("fk_treatment_category_org_id")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_treatment_category")),
        sa.UniqueConstraint("org_id", "code", name=op.f("uq_treatment_category_org_id_code")),
    )
    op.create_table(
        "auth_session",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("csrf_digest", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_auth_session_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_auth_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_auth_session_token_digest")),
    )
    op.create_index(
        "ix_auth_session_live",
        "auth_session",
        ["org_id", "staff_id"],
        unique=False,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "consent_template_version",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("disclosure", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "published_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_consent_template_version_org_id_published_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "template_id"],
            ["consent_template.org_id", "consent_template.id"],
            name=op.f("fk_consent_template_version_org_id_template_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_consent_template_version")),
        sa.UniqueConstraint(
            "org_id",
            "template_id",
            "number",
            name=op.f("uq_consent_template_version_org_id_template_id_number"),
        ),
    )
    op.create_table(
        "export_batch",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("first_date", sa.Date(), nullable=False),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("first_date <= last_date and number > 0", name=op.f("ck_export_batch_range")),
        sa.ForeignKeyConstraint(
            ["org_id", "legal_entity_id"],
            ["legal_entity.org_id", "legal_entity.id"],
            name=op.f("fk_export_batch_org_id_legal_entity_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_export_batch")),
        sa.UniqueConstraint(
            "org_id",
            "legal_entity_id",
            "basis",
            "number",
            name=op.f("uq_export_batch_org_id_legal_entity_id_basis_number"),
        ),
    )
    op.create_table(
        "journal_entry",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "event",
            sa.Enum(
                "line_performed",
                "prepaid_sold",
                "payment_taken",
                "balance_applied",
                "fee_charged",
                "credit_memo_issued",
                "prepaid_used",
                "prepaid_credited",
                "prepaid_expired",
                "dues_earned",
                "breakage_recognised",
                "deposit_returned",
                "credit_paid_out",
                "tip_refunded",
                "tips_paid_out",
                "float_funded",
                "cash_paid_in",
                "cash_paid_out",
                "cash_dropped",
                "over_short",
                "unmatched_resolved",
                "dispute_opened",
                "dispute_won",
                "dispute_lost",
                "dispute_billed_again",
                "processor_paid_out",
                "processor_payout_failed",
                "processor_line_booked",
                "refund_failed",
                "checks_deposited",
                "cash_banked",
                "check_returned",
                "third_party_settled",
                "third_party_refused",
                "written_off",
                "recovered",
                "balance_cashed_out",
                "bank_line_unmatched",
                "bank_line_booked",
                "reversal",
                "cutover",
                name="word_ledgerevent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "reverses_id"],
            ["journal_entry.org_id", "journal_entry.id"],
            name=op.f("fk_journal_entry_org_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_journal_entry_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("org_id", "reverses_id", name=op.f("uq_journal_entry_org_id_reverses_id")),
        sa.UniqueConstraint(
            "org_id",
            "source_kind",
            "source_id",
            "event",
            name=op.f("uq_journal_entry_org_id_source_kind_source_id_event"),
        ),
    )
    op.create_table(
        "location",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cutover_hour", sa.SmallInteger(), nullable=False),
        sa.Column("notice_minutes", sa.Integer(), nullable=False),
        sa.Column("gift_card_expires_years", sa.SmallInteger(), nullable=True),
        sa.Column("gift_card_breakage_ppm", sa.Integer(), server_default="0", nullable=False),
        sa.Column("no_show_fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("late_cancel_fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("cash_step_minor", sa.BigInteger(), nullable=False),
        sa.Column("invoice_due_days", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "gift_card_expires_years between 5 and 50", name=op.f("ck_location_gift_card_expiry")
        ),
        sa.CheckConstraint("cash_step_minor > 0", name=op.f("ck_location_cash_step")),
        sa.CheckConstraint("cutover_hour between 0 and 12", name=op.f("ck_location_cutover_hour")),
        sa.CheckConstraint("gift_card_breakage_ppm between 0 and 500000", name=op.f("ck_location_breakage")),
        sa.CheckConstraint(
            "no_show_fee_minor >= 0 and late_cancel_fee_minor >= 0", name=op.f("ck_location_fees")
        ),
        sa.CheckConstraint("notice_minutes >= 0 and invoice_due_days >= 0", name=op.f("ck_location_periods")),
        sa.ForeignKeyConstraint(
            ["org_id", "legal_entity_id"],
            ["legal_entity.org_id", "legal_entity.id"],
            name=op.f("fk_location_org_id_legal_entity_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_location")),
        sa.UniqueConstraint("org_id", "code", name=op.f("uq_location_org_id_code")),
    )
    op.create_table(
        "merchant_account",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("processor_account", sa.Text(), nullable=False),
        sa.Column("reports_from", sa.Date(), nullable=False),
        sa.Column("opening_minor", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "legal_entity_id"],
            ["legal_entity.org_id", "legal_entity.id"],
            name=op.f("fk_merchant_account_org_id_legal_entity_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_merchant_account")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_merchant_account_org_id_name")),
        sa.UniqueConstraint("processor_account", name=op.f("uq_merchant_account_processor_account")),
    )
    op.create_table(
        "product",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "each",
                "unit",
                "syringe",
                "vial",
                "session",
                name="word_unitkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_retail", sa.Boolean(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("cycle_days", sa.Integer(), nullable=True),
        sa.Column("contact_from_days", sa.Integer(), nullable=True),
        sa.Column("contact_until_days", sa.Integer(), nullable=True),
        sa.Column("earliest_days", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_product_price")),
        sa.ForeignKeyConstraint(
            ["org_id", "category_id"],
            ["treatment_category.org_id", "treatment_category.id"],
            name=op.f("fk_product_org_id_category_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_product")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_product_org_id_name")),
    )
    op.create_table(
        "service",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider_minutes", sa.Integer(), nullable=False),
        sa.Column("processing_minutes", sa.Integer(), nullable=False),
        sa.Column("finishing_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("billed_by_unit", sa.Boolean(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("deposit_minor", sa.BigInteger(), nullable=False),
        sa.Column("needs_treatment_record", sa.Boolean(), nullable=False),
        sa.Column("needs_exam", sa.Boolean(), nullable=False),
        sa.Column("consent_template_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("price_minor >= 0 and deposit_minor >= 0", name=op.f("ck_service_price")),
        sa.CheckConstraint(
            "processing_minutes >= 0 and finishing_minutes >= 0 and buffer_before_minutes >= 0 and buffer_after_minutes >= 0",
            name=op.f("ck_service_minutes"),
        ),
        sa.CheckConstraint(
            "provider_minutes > 0 and provider_minutes <= 720", name=op.f("ck_service_provider_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "category_id"],
            ["treatment_category.org_id", "treatment_category.id"],
            name=op.f("fk_service_org_id_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "consent_template_id"],
            ["consent_template.org_id", "consent_template.id"],
            name=op.f("fk_service_org_id_consent_template_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_service")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_service_org_id_name")),
    )
    op.create_table(
        "api_key",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_digest", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "created_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_api_key_org_id_created_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_api_key_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_api_key_key_digest")),
    )
    op.create_table(
        "bank_deposit",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "cash",
                "checks",
                name="word_bankdepositkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "sent",
                "confirmed",
                name="word_bankdepositstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_minor", sa.BigInteger(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("external_date", sa.Date(), nullable=True),
        sa.Column("sent_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'confirmed') = (confirmed_on is not null) and (status = 'confirmed') = (confirmed_minor is not null)",
            name=op.f("ck_bank_deposit_confirmed"),
        ),
        sa.CheckConstraint(
            "amount_minor > 0 and coalesce(confirmed_minor, 0) >= 0", name=op.f("ck_bank_deposit_amount")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_bank_deposit_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "sent_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_bank_deposit_org_id_sent_by"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_bank_deposit")),
    )
    op.create_index(
        "ix_bank_deposit_day", "bank_deposit", ["org_id", "location_id", "business_date"], unique=False
    )
    op.create_table(
        "bank_line",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=False),
        sa.Column("line_key", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column(
            "match_kind",
            sa.Enum(
                "processor_payout",
                "bank_deposit",
                "returned_check",
                "remittance",
                "processor_fee",
                "elsewhere",
                name="word_bankmatch",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("match_id", sa.Uuid(), nullable=True),
        sa.Column("matched_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(match_id is null) = (match_kind is null or match_kind in ('processor_fee', 'elsewhere'))",
            name=op.f("ck_bank_line_match_id"),
        ),
        sa.CheckConstraint("(match_kind is null) = (matched_on is null)", name=op.f("ck_bank_line_matched")),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_bank_line_amount")),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_bank_line_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "legal_entity_id"],
            ["legal_entity.org_id", "legal_entity.id"],
            name=op.f("fk_bank_line_org_id_legal_entity_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint(
            "org_id", "legal_entity_id", "line_key", name=op.f("uq_bank_line_org_id_legal_entity_id_line_key")
        ),
    )
    op.create_index(
        "ix_bank_line_unmatched",
        "bank_line",
        ["org_id", "location_id"],
        unique=False,
        postgresql_where=sa.text("match_kind is null"),
    )
    op.create_index(
        "uq_bank_line_match",
        "bank_line",
        ["org_id", "match_kind", "match_id"],
        unique=True,
        postgresql_where=sa.text("match_id is not null"),
    )
    op.create_table(
        "business_day",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open", "closed", name="word_daystatus", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("figures_sha256", sa.Text(), nullable=True),
        sa.Column("imported", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'closed') = (figures_sha256 is not null)", name=op.f("ck_business_day_closed")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "closed_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_business_day_org_id_closed_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_business_day_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_business_day")),
        sa.UniqueConstraint(
            "org_id",
            "location_id",
            "business_date",
            name=op.f("uq_business_day_org_id_location_id_business_date"),
        ),
    )
    op.create_index(
        "ix_business_day_closed",
        "business_day",
        ["org_id", "location_id", "business_date"],
        unique=False,
        postgresql_where=sa.text("status = 'closed'"),
    )
    op.create_table(
        "client",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_key", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("zip_code", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("home_location_id", sa.Uuid(), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column(
            "last_name_key",
            sa.Text(collation="C"),
            sa.Computed(
                "lower(regexp_replace(normalize(last_name, NFKD), '[\\u0300-\\u036f]', '', 'g'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "first_name_key",
            sa.Text(collation="C"),
            sa.Computed(
                "lower(regexp_replace(normalize(first_name, NFKD), '[\\u0300-\\u036f]', '', 'g'))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "email_key", sa.Text(collation="C"), sa.Computed("lower(email)", persisted=True), nullable=True
        ),
        sa.Column(
            "phone_reversed",
            sa.Text(collation="C"),
            sa.Computed("reverse(phone)", persisted=True),
            nullable=True,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("phone is null or phone ~ '^\\+[1-9][0-9]{6,14}$'", name=op.f("ck_client_phone")),
        sa.CheckConstraint("source ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_client_source_code")),
        sa.ForeignKeyConstraint(
            ["org_id", "home_location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_client_org_id_home_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merged_into_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_client_org_id_merged_into_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.org_id"], name=op.f("fk_client_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_client")),
        sa.UniqueConstraint("org_id", "client_key", name=op.f("uq_client_org_id_client_key")),
    )
    op.create_index("ix_client_email", "client", ["org_id", "email_key"], unique=False)
    op.create_index("ix_client_first_name", "client", ["org_id", "first_name_key"], unique=False)
    op.create_index(
        "ix_client_name", "client", ["org_id", "last_name_key", "first_name_key", "id"], unique=False
    )
    op.create_index(
        "ix_client_merged",
        "client",
        ["org_id", "merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id is not null"),
    )
    op.create_index("ix_client_phone", "client", ["org_id", "phone"], unique=False)
    op.create_index("ix_client_phone_reversed", "client", ["org_id", "phone_reversed"], unique=False)
    op.create_table(
        "credential",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("licence_number", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_credential_validity")),
        sa.ForeignKeyConstraint(
            ["org_id", "category_id"],
            ["treatment_category.org_id", "treatment_category.id"],
            name=op.f("fk_credential_org_id_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_credential_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_credential_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_credential")),
    )
    op.create_index(
        "ix_credential_lookup",
        "credential",
        ["org_id", "staff_id", "category_id", "location_id"],
        unique=False,
    )
    op.create_table(
        "document_counter",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_document_counter_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_document_counter")),
        sa.UniqueConstraint(
            "org_id",
            "kind",
            "location_id",
            name=op.f("uq_document_counter_org_id_kind_location_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "drawer",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "physical",
                "online",
                "billing",
                name="word_drawerkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_drawer_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_drawer")),
        sa.UniqueConstraint("org_id", "location_id", "name", name=op.f("uq_drawer_org_id_location_id_name")),
    )
    op.create_table(
        "export_batch_day",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "batch_id"],
            ["export_batch.org_id", "export_batch.id"],
            name=op.f("fk_export_batch_day_org_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_export_batch_day_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_export_batch_day")),
        sa.UniqueConstraint(
            "org_id",
            "basis",
            "location_id",
            "business_date",
            name=op.f("uq_export_batch_day_org_id_basis_location_id_business_date"),
        ),
    )
    op.create_table(
        "export_file",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "batch_id"],
            ["export_batch.org_id", "export_batch.id"],
            name=op.f("fk_export_file_org_id_batch_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_export_file")),
        sa.UniqueConstraint(
            "org_id", "batch_id", "format", name=op.f("uq_export_file_org_id_batch_id_format")
        ),
    )
    op.create_table(
        "location_hours",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("opens_minute", sa.Integer(), nullable=False),
        sa.Column("closes_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "0 <= opens_minute and opens_minute < closes_minute and closes_minute <= 1800",
            name=op.f("ck_location_hours_span"),
        ),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_location_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_location_hours_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_location_hours")),
        sa.UniqueConstraint(
            "org_id",
            "location_id",
            "weekday",
            "opens_minute",
            name=op.f("uq_location_hours_org_id_location_id_weekday_opens_minute"),
        ),
    )
    op.create_table(
        "processor_payout",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_account_id", sa.Uuid(), nullable=False),
        sa.Column("payout_reference", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("failed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("net_minor = gross_minor - fee_minor", name=op.f("ck_processor_payout_net")),
        sa.ForeignKeyConstraint(
            ["org_id", "merchant_account_id"],
            ["merchant_account.org_id", "merchant_account.id"],
            name=op.f("fk_processor_payout_org_id_merchant_account_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_processor_payout")),
        sa.UniqueConstraint(
            "org_id",
            "merchant_account_id",
            "payout_reference",
            name=op.f("uq_processor_payout_org_id_merchant_account_id_payout_reference"),
        ),
    )
    op.create_table(
        "product_lot",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("lot_number", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_product_lot_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "product_id"],
            ["product.org_id", "product.id"],
            name=op.f("fk_product_lot_org_id_product_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_product_lot")),
        sa.UniqueConstraint(
            "org_id",
            "location_id",
            "product_id",
            "lot_number",
            name=op.f("uq_product_lot_org_id_location_id_product_id_lot_number"),
        ),
    )
    op.create_table(
        "remittance",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("practice_funded_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("external_date", sa.Date(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("fee_minor >= 0 and practice_funded_minor >= 0", name=op.f("ck_remittance_parts")),
        sa.CheckConstraint(
            "net_minor = gross_minor - fee_minor - practice_funded_minor", name=op.f("ck_remittance_net")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_remittance_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "programme_id"],
            ["tender_programme.org_id", "tender_programme.id"],
            name=op.f("fk_remittance_org_id_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_remittance_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_remittance")),
    )
    op.create_table(
        "resource",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "room",
                "device",
                name="word_resourcekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_resource_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_resource")),
        sa.UniqueConstraint(
            "org_id", "location_id", "name", name=op.f("uq_resource_org_id_location_id_name")
        ),
    )
    op.create_table(
        "service_resource",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "room",
                "device",
                name="word_resourcekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_service_resource_org_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_service_resource")),
        sa.UniqueConstraint(
            "org_id", "service_id", "kind", "tag", name=op.f("uq_service_resource_org_id_service_id_kind_tag")
        ),
    )
    op.create_table(
        "shift",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "starts_at < ends_at and ends_at <= starts_at + interval '24 hours'", name=op.f("ck_shift_span")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_shift_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_shift_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_shift")),
    )
    op.create_index("ix_shift_lookup", "shift", ["org_id", "staff_id", "starts_at"], unique=False)
    op.create_table(
        "staff_role",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_staff_role_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "role_id"], ["role.org_id", "role.id"], name=op.f("fk_staff_role_org_id_role_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_staff_role_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_staff_role")),
        sa.UniqueConstraint(
            "org_id",
            "staff_id",
            "role_id",
            "location_id",
            name=op.f("uq_staff_role_org_id_staff_id_role_id_location_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "notification",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("permission", sa.Text(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_notification_kind_code")),
        sa.CheckConstraint(
            "permission ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_notification_permission_code")
        ),
        sa.CheckConstraint("num_nonnulls(permission, staff_id) = 1", name=op.f("ck_notification_for_whom")),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_notification_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_notification_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_notification")),
    )
    op.create_index("ix_notification_recent", "notification", ["org_id", "created_at"], unique=False)
    op.create_table(
        "notification_read",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "notification_id"],
            ["notification.org_id", "notification.id"],
            name=op.f("fk_notification_read_org_id_notification_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_notification_read_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_notification_read")),
        sa.UniqueConstraint(
            "org_id",
            "notification_id",
            "staff_id",
            name=op.f("uq_notification_read_org_id_notification_id_staff_id"),
        ),
    )
    op.create_table(
        "tax_jurisdiction",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bad_debt_relief", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_tax_jurisdiction_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_tax_jurisdiction")),
        sa.UniqueConstraint(
            "org_id", "location_id", "name", name=op.f("uq_tax_jurisdiction_org_id_location_id_name")
        ),
    )
    op.create_table(
        "appointment",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "booked",
                "confirmed",
                "arrived",
                "completed",
                "arrived_not_treated",
                "left_before_service",
                "no_show",
                "cancelled",
                "late_cancelled",
                name="word_appointmentstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "desk",
                "walk_in",
                "follow_up",
                "online",
                "import",
                name="word_visitsource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_by", sa.Uuid(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "cancelled_by",
            sa.Enum(
                "client",
                "practice",
                "reschedule",
                name="word_cancelledby",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("follow_up_of_id", sa.Uuid(), nullable=True),
        sa.Column("rescheduled_from_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "starts_at < ends_at and ends_at <= starts_at + interval '24 hours'",
            name=op.f("ck_appointment_span"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "booked_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_appointment_org_id_booked_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_appointment_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "follow_up_of_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_appointment_org_id_follow_up_of_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_appointment_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "rescheduled_from_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_appointment_org_id_rescheduled_from_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_appointment")),
    )
    op.create_index(
        "ix_appointment_client", "appointment", ["org_id", "client_id", "starts_at"], unique=False
    )
    op.create_index(
        "ix_appointment_rescheduled",
        "appointment",
        ["org_id", "rescheduled_from_id"],
        unique=False,
        postgresql_where=sa.text("rescheduled_from_id is not null"),
    )
    op.create_index("ix_appointment_day", "appointment", ["org_id", "location_id", "starts_at"], unique=False)
    op.create_table(
        "client_duplicate",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("other_client_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "reason ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_client_duplicate_reason_code")
        ),
        sa.CheckConstraint("client_id <> other_client_id", name=op.f("ck_client_duplicate_two")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_client_duplicate_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "other_client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_client_duplicate_org_id_other_client_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_client_duplicate")),
        sa.UniqueConstraint(
            "org_id",
            "client_id",
            "other_client_id",
            name=op.f("uq_client_duplicate_org_id_client_id_other_client_id"),
        ),
    )
    op.create_table(
        "day_close_figure",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("business_day_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "business_day_id"],
            ["business_day.org_id", "business_day.id"],
            name=op.f("fk_day_close_figure_org_id_business_day_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_day_close_figure_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_day_close_figure")),
        sa.UniqueConstraint(
            "org_id",
            "business_day_id",
            "measure",
            "key",
            name=op.f("uq_day_close_figure_org_id_business_day_id_measure_key"),
        ),
    )
    op.create_table(
        "drawer_session",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("drawer_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "closed",
                name="word_drawerstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("opening_float_minor", sa.BigInteger(), nullable=False),
        sa.Column("opening_over_short_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("expected_minor", sa.BigInteger(), nullable=True),
        sa.Column("counted_minor", sa.BigInteger(), nullable=True),
        sa.Column("over_short_minor", sa.BigInteger(), nullable=True),
        sa.Column("float_left_minor", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'closed') = (counted_minor is not null)", name=op.f("ck_drawer_session_counted")
        ),
        sa.CheckConstraint(
            "counted_minor is null or over_short_minor = opening_over_short_minor + counted_minor - expected_minor",
            name=op.f("ck_drawer_session_over_short"),
        ),
        sa.CheckConstraint("opening_float_minor >= 0", name=op.f("ck_drawer_session_float")),
        sa.ForeignKeyConstraint(
            ["org_id", "closed_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_drawer_session_org_id_closed_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "drawer_id"],
            ["drawer.org_id", "drawer.id"],
            name=op.f("fk_drawer_session_org_id_drawer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_drawer_session_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "opened_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_drawer_session_org_id_opened_by"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_drawer_session")),
    )
    op.create_index(
        "ix_drawer_session_day", "drawer_session", ["org_id", "location_id", "business_date"], unique=False
    )
    op.create_index(
        "uq_drawer_session_open",
        "drawer_session",
        ["org_id", "drawer_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "gift_card",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=True),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("purchaser_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_gift_card_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "purchaser_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_gift_card_org_id_purchaser_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_gift_card")),
        sa.UniqueConstraint("org_id", "code_digest", name=op.f("uq_gift_card_org_id_code_digest")),
    )
    op.create_table(
        "good_faith_exam",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("examiner_id", sa.Uuid(), nullable=False),
        sa.Column("examined_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("examined_on < valid_until", name=op.f("ck_good_faith_exam_validity")),
        sa.ForeignKeyConstraint(
            ["org_id", "category_id"],
            ["treatment_category.org_id", "treatment_category.id"],
            name=op.f("fk_good_faith_exam_org_id_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_good_faith_exam_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "examiner_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_good_faith_exam_org_id_examiner_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_good_faith_exam")),
    )
    op.create_index(
        "ix_good_faith_exam_client", "good_faith_exam", ["org_id", "client_id", "category_id"], unique=False
    )
    op.create_table(
        "link_token",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_link_token_org_id_client_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_link_token")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_link_token_token_digest")),
    )
    op.create_table(
        "tax_rate",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction_id", sa.Uuid(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("rate_ppm between 0 and 1000000", name=op.f("ck_tax_rate_rate")),
        sa.ForeignKeyConstraint(
            ["org_id", "jurisdiction_id"],
            ["tax_jurisdiction.org_id", "tax_jurisdiction.id"],
            name=op.f("fk_tax_rate_org_id_jurisdiction_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint(
            "org_id",
            "jurisdiction_id",
            "tax_class",
            "valid_from",
            name=op.f("uq_tax_rate_org_id_jurisdiction_id_tax_class_valid_from"),
        ),
    )
    op.create_table(
        "appointment_history",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "event",
            sa.Enum(
                "booked",
                "confirmed",
                "moved",
                "arrived",
                "completed",
                "arrived_not_treated",
                "left_before_service",
                "no_show",
                "cancelled",
                "late_cancelled",
                "restored",
                "items_changed",
                "undone",
                "must_move",
                name="word_appointmentevent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("scheduled_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("override", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "override ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_appointment_history_override_code")
        ),
        sa.CheckConstraint(
            "reason ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_appointment_history_reason_code")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_appointment_history_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_appointment_history_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_appointment_history")),
    )
    op.create_index(
        "ix_appointment_history_appointment",
        "appointment_history",
        ["org_id", "appointment_id", "happened_at"],
        unique=False,
    )
    op.create_table(
        "booking_rule",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("lead_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=True),
        sa.Column("slot_minutes", sa.SmallInteger(), nullable=True),
        sa.Column("min_age", sa.SmallInteger(), nullable=True),
        sa.Column("max_age", sa.SmallInteger(), nullable=True),
        sa.Column("online", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("shares_processing", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("horizon_days between 1 and 730", name=op.f("ck_booking_rule_horizon")),
        sa.CheckConstraint("lead_minutes between 0 and 527040", name=op.f("ck_booking_rule_lead")),
        sa.CheckConstraint("min_age <= max_age", name=op.f("ck_booking_rule_ages_in_order")),
        sa.CheckConstraint(
            "min_age between 0 and 120 and max_age between 0 and 120", name=op.f("ck_booking_rule_ages")
        ),
        sa.CheckConstraint("slot_minutes in (5, 10, 15, 20, 30, 60)", name=op.f("ck_booking_rule_slot")),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_booking_rule_org_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_booking_rule")),
        sa.UniqueConstraint("org_id", "service_id", name=op.f("uq_booking_rule_org_id_service_id")),
    )
    op.create_table(
        "provider_service",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("performs", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("provider_minutes", sa.Integer(), nullable=True),
        sa.Column("processing_minutes", sa.Integer(), nullable=True),
        sa.Column("finishing_minutes", sa.Integer(), nullable=True),
        sa.Column("rank", sa.SmallInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "processing_minutes between 0 and 720 and finishing_minutes between 0 and 720",
            name=op.f("ck_provider_service_minutes"),
        ),
        sa.CheckConstraint(
            "provider_minutes between 1 and 720", name=op.f("ck_provider_service_provider_minutes")
        ),
        sa.CheckConstraint("rank between 1 and 999", name=op.f("ck_provider_service_rank")),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_provider_service_org_id_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_provider_service_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_provider_service")),
        sa.UniqueConstraint(
            "org_id", "service_id", "staff_id", name=op.f("uq_provider_service_org_id_service_id_staff_id")
        ),
    )
    op.create_table(
        "client_duration",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("minutes between 5 and 720", name=op.f("ck_client_duration_minutes")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_client_duration_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_client_duration_org_id_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "set_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_client_duration_org_id_set_by"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_client_duration")),
    )
    op.create_index(
        "ix_client_duration_service",
        "client_duration",
        ["org_id", "service_id", "client_id"],
        unique=False,
    )
    op.create_table(
        "service_prerequisite",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("required_service_id", sa.Uuid(), nullable=True),
        sa.Column("required_category_id", sa.Uuid(), nullable=True),
        sa.Column("after_hours", sa.Integer(), nullable=False),
        sa.Column("within_days", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("after_hours between 0 and 8760", name=op.f("ck_service_prerequisite_after")),
        sa.CheckConstraint(
            "num_nonnulls(required_service_id, required_category_id) = 1",
            name=op.f("ck_service_prerequisite_one"),
        ),
        sa.CheckConstraint(
            "within_days between 1 and 3650 and within_days * 24 > after_hours",
            name=op.f("ck_service_prerequisite_within"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "required_category_id"],
            ["treatment_category.org_id", "treatment_category.id"],
            name=op.f("fk_service_prerequisite_org_id_required_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "required_service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_service_prerequisite_org_id_required_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_service_prerequisite_org_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_service_prerequisite")),
    )
    op.create_index(
        "ix_service_prerequisite_service", "service_prerequisite", ["org_id", "service_id"], unique=False
    )
    op.create_table(
        "time_off",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "subject_kind",
            sa.Enum(
                "provider",
                "room",
                "device",
                "location",
                name="word_offsubject",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "approved",
                "declined",
                "ended",
                name="word_timeoffstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "vacation",
                "absent",
                "training",
                "meeting",
                "break",
                "administration",
                "holiday",
                "maintenance",
                "repair",
                "other",
                name="word_timeoffreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "starts_at < ends_at and ends_at <= starts_at + interval '400 days'",
            name=op.f("ck_time_off_span"),
        ),
        sa.CheckConstraint(
            "subject_kind <> 'location' or subject_id = location_id", name=op.f("ck_time_off_location")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "asked_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_time_off_org_id_asked_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "decided_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_time_off_org_id_decided_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_time_off_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_time_off")),
    )
    op.create_index("ix_time_off_location", "time_off", ["org_id", "location_id", "ends_at"], unique=False)
    op.create_index(
        "ix_time_off_subject",
        "time_off",
        ["org_id", "subject_id", "ends_at"],
        unique=False,
        postgresql_where=sa.text("status = 'approved'"),
    )
    op.create_table(
        "visit_group",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "series",
                "treatment",
                "together",
                name="word_visitgroupkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("booker_id", sa.Uuid(), nullable=False),
        sa.Column("one_bill", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "booker_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_visit_group_org_id_booker_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_visit_group_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_visit_group")),
    )
    op.create_table(
        "visit_group_member",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_visit_group_member_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "group_id"],
            ["visit_group.org_id", "visit_group.id"],
            name=op.f("fk_visit_group_member_org_id_group_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_visit_group_member")),
        sa.UniqueConstraint(
            "org_id", "appointment_id", name=op.f("uq_visit_group_member_org_id_appointment_id")
        ),
    )
    op.create_index(
        "ix_visit_group_member_group", "visit_group_member", ["org_id", "group_id", "position"], unique=False
    )
    op.create_table(
        "walk_in",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "seated",
                "left",
                name="word_walkinstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quoted_minutes", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'seated') = (appointment_id is not null)", name=op.f("ck_walk_in_seated")
        ),
        sa.CheckConstraint("(status = 'waiting') = (ended_at is null)", name=op.f("ck_walk_in_ended")),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_walk_in_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["client.org_id", "client.id"], name=op.f("fk_walk_in_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_walk_in_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "provider_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_walk_in_org_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_walk_in_org_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_walk_in")),
    )
    op.create_index("ix_walk_in_queue", "walk_in", ["org_id", "location_id", "came_at"], unique=False)
    op.create_table(
        "appointment_state",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("history_id", sa.Uuid(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_appointment_state_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "history_id"],
            ["appointment_history.org_id", "appointment_history.id"],
            name=op.f("fk_appointment_state_org_id_history_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_appointment_state")),
        sa.UniqueConstraint("org_id", "history_id", name=op.f("uq_appointment_state_org_id_history_id")),
    )
    op.create_index(
        "ix_appointment_state_appointment", "appointment_state", ["org_id", "appointment_id"], unique=False
    )
    op.create_table(
        "appointment_item",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provider_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("performed", sa.Boolean(), nullable=False),
        sa.Column("not_performed_reason", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "not_performed_reason ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'",
            name=op.f("ck_appointment_item_not_performed_reason_code"),
        ),
        sa.CheckConstraint(
            "starts_at < provider_ends_at and provider_ends_at <= ends_at",
            name=op.f("ck_appointment_item_span"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_appointment_item_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "provider_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_appointment_item_org_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_appointment_item_org_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_appointment_item")),
        sa.UniqueConstraint(
            "org_id",
            "appointment_id",
            "position",
            name=op.f("uq_appointment_item_org_id_appointment_id_position"),
        ),
    )
    op.create_index(
        "ix_appointment_item_provider",
        "appointment_item",
        ["org_id", "provider_id", "starts_at"],
        unique=False,
    )
    op.create_table(
        "chart_note",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "signed",
                name="word_notestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'signed') = (signed_at is not null)", name=op.f("ck_chart_note_signed")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_chart_note_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "author_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_chart_note_org_id_author_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_chart_note_org_id_client_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_chart_note")),
    )
    op.create_index("ix_chart_note_client", "chart_note", ["org_id", "client_id", "created_at"], unique=False)
    op.create_table(
        "drawer_count",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("drawer_session_id", sa.Uuid(), nullable=False),
        sa.Column("denomination_minor", sa.BigInteger(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("denomination_minor > 0 and pieces >= 0", name=op.f("ck_drawer_count_count")),
        sa.ForeignKeyConstraint(
            ["org_id", "drawer_session_id"],
            ["drawer_session.org_id", "drawer_session.id"],
            name=op.f("fk_drawer_count_org_id_drawer_session_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_drawer_count")),
        sa.UniqueConstraint(
            "org_id",
            "drawer_session_id",
            "denomination_minor",
            name=op.f("uq_drawer_count_org_id_drawer_session_id_denomination_minor"),
        ),
    )
    op.create_table(
        "drawer_movement",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("drawer_session_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "paid_in",
                "paid_out",
                "drop",
                "tips_paid",
                name="word_drawermovementkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'tips_paid') = (provider_id is not null)", name=op.f("ck_drawer_movement_provider")
        ),
        sa.CheckConstraint(
            "reason ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_drawer_movement_reason_code")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_drawer_movement_amount")),
        sa.ForeignKeyConstraint(
            ["org_id", "drawer_session_id"],
            ["drawer_session.org_id", "drawer_session.id"],
            name=op.f("fk_drawer_movement_org_id_drawer_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "provider_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_drawer_movement_org_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_drawer_movement_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_drawer_movement")),
    )
    op.create_index(
        "ix_drawer_movement_session", "drawer_movement", ["org_id", "drawer_session_id"], unique=False
    )
    op.create_table(
        "gate_override",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("gate ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_gate_override_gate_code")),
        sa.CheckConstraint(
            "reason ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_gate_override_reason_code")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_gate_override_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_gate_override_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_gate_override")),
    )
    op.create_table(
        "invoice",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "issued",
                "voided",
                name="word_invoicestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("due_on >= business_date", name=op.f("ck_invoice_due")),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_invoice_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["client.org_id", "client.id"], name=op.f("fk_invoice_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "issued_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_invoice_org_id_issued_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_invoice_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_invoice_org_id_number")),
    )
    op.create_index("ix_invoice_appointment", "invoice", ["org_id", "appointment_id"], unique=False)
    op.create_index("ix_invoice_client", "invoice", ["org_id", "client_id"], unique=False)
    op.create_index("ix_invoice_day", "invoice", ["org_id", "location_id", "business_date"], unique=False)
    op.create_table(
        "hold",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "held",
                "booked",
                "released",
                name="word_holdstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "desk",
                "walk_in",
                "follow_up",
                "online",
                "import",
                name="word_visitsource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(status = 'booked') = (appointment_id is not null)", name=op.f("ck_hold_booked")),
        sa.CheckConstraint(
            "created_at < expires_at and expires_at <= created_at + interval '30 minutes'",
            name=op.f("ck_hold_expires"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_hold_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "held_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_hold_org_id_held_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_hold_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_hold")),
        sa.UniqueConstraint("org_id", "appointment_id", name=op.f("uq_hold_org_id_appointment_id")),
    )
    op.create_index("ix_hold_location", "hold", ["org_id", "location_id", "created_at"], unique=False)
    op.create_table(
        "occupancy",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "subject_kind",
            sa.Enum(
                "provider",
                "room",
                "device",
                name="word_subjectkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("org_id"), "="),
            (sa.column("subject_kind"), "="),
            (sa.column("subject_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("active and hard"),
            using="gist",
            name="ex_occupancy_no_overlap",
        ),
        sa.CheckConstraint(
            "during = tstzrange(starts_at, ends_at, '[)') and not isempty(during)",
            name=op.f("ck_occupancy_during"),
        ),
        sa.CheckConstraint("ends_at <= starts_at + interval '24 hours'", name=op.f("ck_occupancy_length")),
        sa.CheckConstraint("num_nonnulls(appointment_id, hold_id) = 1", name=op.f("ck_occupancy_owner")),
        sa.CheckConstraint("(hold_id is null) = (expires_at is null)", name=op.f("ck_occupancy_expires")),
        sa.ForeignKeyConstraint(
            ["org_id", "hold_id"], ["hold.org_id", "hold.id"], name=op.f("fk_occupancy_org_id_hold_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_occupancy_org_id_appointment_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_occupancy")),
    )
    op.create_index("ix_occupancy_appointment", "occupancy", ["org_id", "appointment_id"], unique=False)
    op.create_index(
        "ix_occupancy_subject",
        "occupancy",
        ["org_id", "subject_kind", "subject_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "ix_occupancy_hold",
        "occupancy",
        ["org_id", "hold_id"],
        unique=False,
        postgresql_where=sa.text("hold_id is not null"),
    )
    op.create_index(
        "ix_occupancy_expires",
        "occupancy",
        ["org_id", "subject_id"],
        unique=False,
        postgresql_where=sa.text("active and hold_id is not null"),
    )
    op.create_table(
        "signed_consent",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("template_version_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("rendered", sa.LargeBinary(), nullable=False),
        sa.Column("rendered_sha256", sa.Text(), nullable=False),
        sa.Column("signer_name", sa.LargeBinary(), nullable=False),
        sa.Column("relationship", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "drawn",
                "typed",
                name="word_signaturemethod",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("disclosure_accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("witness_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "relationship ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_signed_consent_relationship_code")
        ),
        sa.CheckConstraint(
            "disclosure_accepted_at <= signed_at", name=op.f("ck_signed_consent_disclosure_first")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_signed_consent_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_signed_consent_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "template_version_id"],
            ["consent_template_version.org_id", "consent_template_version.id"],
            name=op.f("fk_signed_consent_org_id_template_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "witness_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_signed_consent_org_id_witness_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_signed_consent")),
    )
    op.create_index(
        "ix_signed_consent_client",
        "signed_consent",
        ["org_id", "client_id", "template_version_id"],
        unique=False,
    )
    op.create_table(
        "appointment_item_resource",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_item_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_item_id"],
            ["appointment_item.org_id", "appointment_item.id"],
            name=op.f("fk_appointment_item_resource_org_id_appointment_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "resource_id"],
            ["resource.org_id", "resource.id"],
            name=op.f("fk_appointment_item_resource_org_id_resource_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_appointment_item_resource")),
        sa.UniqueConstraint(
            "org_id",
            "appointment_item_id",
            "resource_id",
            name=op.f("uq_appointment_item_resource_org_id_appointment_item_id_resource_id"),
        ),
    )
    op.create_table(
        "credit_memo",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "dissatisfied",
                "billing_error",
                "price_adjustment",
                "returned_goods",
                "goodwill",
                name="word_creditreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_credit_memo_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_id"],
            ["invoice.org_id", "invoice.id"],
            name=op.f("fk_credit_memo_org_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "issued_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_credit_memo_org_id_issued_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_credit_memo_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_credit_memo")),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_credit_memo_org_id_number")),
    )
    op.create_index(
        "ix_credit_memo_day", "credit_memo", ["org_id", "location_id", "business_date"], unique=False
    )
    op.create_index("ix_credit_memo_invoice", "credit_memo", ["org_id", "invoice_id"], unique=False)
    op.create_table(
        "note_addendum",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "author_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_note_addendum_org_id_author_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_note_addendum_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "note_id"],
            ["chart_note.org_id", "chart_note.id"],
            name=op.f("fk_note_addendum_org_id_note_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_note_addendum")),
    )
    op.create_table(
        "payment",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("drawer_session_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column(
            "purpose",
            sa.Enum(
                "invoice",
                "deposit",
                name="word_paymentpurpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "tender",
            sa.Enum(
                "cash",
                "check",
                "card",
                "ach",
                "third_party",
                "unknown",
                name="word_tender",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "succeeded",
                "declined",
                "unknown",
                name="word_paymentstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tip_minor", sa.BigInteger(), nullable=False),
        sa.Column("rounding_minor", sa.BigInteger(), nullable=False),
        sa.Column("tendered_minor", sa.BigInteger(), nullable=True),
        sa.Column("change_minor", sa.BigInteger(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=True),
        sa.Column("external_date", sa.Date(), nullable=True),
        sa.Column("merchant_account_id", sa.Uuid(), nullable=True),
        sa.Column("processor_reference", sa.Text(), nullable=True),
        sa.Column("card_brand", sa.Text(), nullable=True),
        sa.Column("card_last_four", sa.Text(), nullable=True),
        sa.Column("check_number", sa.Text(), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("decline_code", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(purpose = 'invoice') = (invoice_id is not null)", name=op.f("ck_payment_purpose")
        ),
        sa.CheckConstraint(
            "(status = 'succeeded') = (business_date is not null)", name=op.f("ck_payment_dated")
        ),
        sa.CheckConstraint(
            "(tender = 'card') = (merchant_account_id is not null)", name=op.f("ck_payment_merchant")
        ),
        sa.CheckConstraint(
            "(tender = 'third_party') = (programme_id is not null)", name=op.f("ck_payment_programme")
        ),
        sa.CheckConstraint("rounding_minor = 0 or tender = 'cash'", name=op.f("ck_payment_rounding")),
        sa.CheckConstraint(
            "amount_minor > 0 and tip_minor >= 0 and tip_minor <= amount_minor",
            name=op.f("ck_payment_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_payment_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["client.org_id", "client.id"], name=op.f("fk_payment_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "drawer_session_id"],
            ["drawer_session.org_id", "drawer_session.id"],
            name=op.f("fk_payment_org_id_drawer_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_id"],
            ["invoice.org_id", "invoice.id"],
            name=op.f("fk_payment_org_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_payment_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merchant_account_id"],
            ["merchant_account.org_id", "merchant_account.id"],
            name=op.f("fk_payment_org_id_merchant_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "programme_id"],
            ["tender_programme.org_id", "tender_programme.id"],
            name=op.f("fk_payment_org_id_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "taken_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_payment_org_id_taken_by"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_payment")),
    )
    op.create_index("ix_payment_client", "payment", ["org_id", "client_id"], unique=False)
    op.create_index("ix_payment_day", "payment", ["org_id", "location_id", "business_date"], unique=False)
    op.create_index("ix_payment_drawer", "payment", ["org_id", "drawer_session_id"], unique=False)
    op.create_index("ix_payment_invoice", "payment", ["org_id", "invoice_id"], unique=False)
    op.create_index("ix_payment_reference", "payment", ["processor_reference"], unique=False)
    op.create_index(
        "ix_payment_unresolved",
        "payment",
        ["org_id", "location_id"],
        unique=False,
        postgresql_where=sa.text("status in ('pending', 'unknown')"),
    )
    op.create_table(
        "treatment_record",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_item_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column(
            "intent",
            sa.Enum(
                "full",
                "touch_up",
                "correction",
                "dissolve",
                "review",
                name="word_intent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "charted",
                "imported",
                "elsewhere",
                name="word_treatmentsource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=True),
        sa.Column("dilution", sa.Text(), nullable=True),
        sa.Column("performed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("next_due_on", sa.Date(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "signed",
                name="word_notestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'signed') = (signed_at is not null)", name=op.f("ck_treatment_record_signed")
        ),
        sa.CheckConstraint(
            "area ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_treatment_record_area_code")
        ),
        sa.CheckConstraint(
            "dilution ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_treatment_record_dilution_code")
        ),
        sa.CheckConstraint(
            "quantity_milli is null or quantity_milli > 0", name=op.f("ck_treatment_record_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_item_id"],
            ["appointment_item.org_id", "appointment_item.id"],
            name=op.f("fk_treatment_record_org_id_appointment_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "category_id"],
            ["treatment_category.org_id", "treatment_category.id"],
            name=op.f("fk_treatment_record_org_id_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_treatment_record_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_treatment_record_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "lot_id"],
            ["product_lot.org_id", "product_lot.id"],
            name=op.f("fk_treatment_record_org_id_lot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "product_id"],
            ["product.org_id", "product.id"],
            name=op.f("fk_treatment_record_org_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "provider_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_treatment_record_org_id_provider_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_treatment_record")),
    )
    op.create_index(
        "ix_treatment_record_client",
        "treatment_record",
        ["org_id", "client_id", "performed_at"],
        unique=False,
    )
    op.create_index(
        "ix_treatment_record_item", "treatment_record", ["org_id", "appointment_item_id"], unique=False
    )
    op.create_table(
        "write_off",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "written_off",
                "recovered",
                name="word_writeoffkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("write_off_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'recovered') = (write_off_id is not null)", name=op.f("ck_write_off_recovered")
        ),
        sa.CheckConstraint(
            "amount_minor > 0 and tax_minor between 0 and amount_minor", name=op.f("ck_write_off_amount")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_id"],
            ["invoice.org_id", "invoice.id"],
            name=op.f("fk_write_off_org_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_write_off_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_write_off_org_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "write_off_id"],
            ["write_off.org_id", "write_off.id"],
            name=op.f("fk_write_off_org_id_write_off_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_write_off")),
    )
    op.create_index("ix_write_off_invoice", "write_off", ["org_id", "invoice_id"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "payment",
                "deposit",
                "account_credit",
                "gift_card",
                name="word_allocationsource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("gift_card_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(source = 'gift_card') = (gift_card_id is not null)", name=op.f("ck_allocation_gift_card")
        ),
        sa.CheckConstraint(
            "(source = 'payment') = (payment_id is not null)", name=op.f("ck_allocation_payment")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_allocation_amount")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_allocation_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "gift_card_id"],
            ["gift_card.org_id", "gift_card.id"],
            name=op.f("fk_allocation_org_id_gift_card_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_id"],
            ["invoice.org_id", "invoice.id"],
            name=op.f("fk_allocation_org_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_allocation_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_allocation_org_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_allocation")),
    )
    op.create_index("ix_allocation_invoice", "allocation", ["org_id", "invoice_id"], unique=False)
    op.create_index("ix_allocation_payment", "allocation", ["org_id", "payment_id"], unique=False)
    op.create_table(
        "bank_deposit_item",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bank_deposit_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "bank_deposit_id"],
            ["bank_deposit.org_id", "bank_deposit.id"],
            name=op.f("fk_bank_deposit_item_org_id_bank_deposit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_bank_deposit_item_org_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_bank_deposit_item")),
        sa.UniqueConstraint("org_id", "payment_id", name=op.f("uq_bank_deposit_item_org_id_payment_id")),
    )
    op.create_table(
        "dispute",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("merchant_account_id", sa.Uuid(), nullable=False),
        sa.Column("dispute_reference", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "opened",
                "won",
                "lost",
                name="word_disputestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_returned_minor", sa.BigInteger(), nullable=False),
        sa.Column("prepaid_taken_minor", sa.BigInteger(), nullable=False),
        sa.Column("billed_again_minor", sa.BigInteger(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("external_opened_on", sa.Date(), nullable=True),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("external_resolved_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(status = 'opened') = (resolved_on is null)", name=op.f("ck_dispute_resolved")),
        sa.CheckConstraint("amount_minor > 0 and fee_minor >= 0", name=op.f("ck_dispute_amount")),
        sa.CheckConstraint(
            "fee_returned_minor between 0 and fee_minor", name=op.f("ck_dispute_fee_returned")
        ),
        sa.CheckConstraint(
            "prepaid_taken_minor >= 0 and billed_again_minor >= 0 and prepaid_taken_minor + billed_again_minor <= amount_minor",
            name=op.f("ck_dispute_parts"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_dispute_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merchant_account_id"],
            ["merchant_account.org_id", "merchant_account.id"],
            name=op.f("fk_dispute_org_id_merchant_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_dispute_org_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("org_id", "dispute_reference", name=op.f("uq_dispute_org_id_dispute_reference")),
    )
    op.create_index("ix_dispute_payment", "dispute", ["org_id", "payment_id"], unique=False)
    op.create_table(
        "invoice_line",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "service",
                "retail",
                "fee",
                "gift_card",
                "package",
                "membership_dues",
                name="word_linekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("service_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_item_id", sa.Uuid(), nullable=True),
        sa.Column("treatment_record_id", sa.Uuid(), nullable=True),
        sa.Column("gift_card_id", sa.Uuid(), nullable=True),
        sa.Column("package_id", sa.Uuid(), nullable=True),
        sa.Column("membership_period_id", sa.Uuid(), nullable=True),
        sa.Column("covered_by", sa.Uuid(), nullable=True),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("charted_quantity_milli", sa.BigInteger(), nullable=True),
        sa.Column("quantity_reason", sa.Text(), nullable=True),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("list_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "discount_reason",
            sa.Enum(
                "promotion",
                "member",
                "employee",
                "courtesy",
                name="word_discountreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "quantity_reason ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'",
            name=op.f("ck_invoice_line_quantity_reason_code"),
        ),
        sa.CheckConstraint(
            "(kind = 'package') = (package_id is not null)", name=op.f("ck_invoice_line_package")
        ),
        sa.CheckConstraint(
            "(kind = 'membership_dues') = (membership_period_id is not null)",
            name=op.f("ck_invoice_line_membership"),
        ),
        sa.CheckConstraint("covered_by is null or kind = 'service'", name=op.f("ck_invoice_line_covered")),
        sa.CheckConstraint(
            "(discount_minor > 0) = (discount_reason is not null)",
            name=op.f("ck_invoice_line_discount_reason"),
        ),
        sa.CheckConstraint(
            "charted_quantity_milli is null or charted_quantity_milli = quantity_milli or quantity_reason is not null",
            name=op.f("ck_invoice_line_charted"),
        ),
        sa.CheckConstraint(
            "list_minor >= 0 and discount_minor between 0 and list_minor",
            name=op.f("ck_invoice_line_discount"),
        ),
        sa.CheckConstraint(
            "net_minor = list_minor - discount_minor and tax_minor >= 0", name=op.f("ck_invoice_line_net")
        ),
        sa.CheckConstraint(
            "quantity_milli > 0 and unit_price_minor >= 0", name=op.f("ck_invoice_line_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_item_id"],
            ["appointment_item.org_id", "appointment_item.id"],
            name=op.f("fk_invoice_line_org_id_appointment_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "category_id"],
            ["treatment_category.org_id", "treatment_category.id"],
            name=op.f("fk_invoice_line_org_id_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "gift_card_id"],
            ["gift_card.org_id", "gift_card.id"],
            name=op.f("fk_invoice_line_org_id_gift_card_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_id"],
            ["invoice.org_id", "invoice.id"],
            name=op.f("fk_invoice_line_org_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_invoice_line_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "product_id"],
            ["product.org_id", "product.id"],
            name=op.f("fk_invoice_line_org_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "provider_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_invoice_line_org_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_invoice_line_org_id_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "treatment_record_id"],
            ["treatment_record.org_id", "treatment_record.id"],
            name=op.f("fk_invoice_line_org_id_treatment_record_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint(
            "org_id", "invoice_id", "position", name=op.f("uq_invoice_line_org_id_invoice_id_position")
        ),
    )
    op.create_index(
        "ix_invoice_line_day", "invoice_line", ["org_id", "location_id", "business_date"], unique=False
    )
    op.create_index("ix_invoice_line_item", "invoice_line", ["org_id", "appointment_item_id"], unique=False)
    op.create_table(
        "lot_movement",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "received",
                "charted",
                "wasted",
                name="word_lotmovementkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("treatment_record_id", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'charted') = (treatment_record_id is not null)", name=op.f("ck_lot_movement_treatment")
        ),
        sa.CheckConstraint(
            "(kind = 'received') = (quantity_milli > 0) and quantity_milli <> 0",
            name=op.f("ck_lot_movement_sign"),
        ),
        sa.CheckConstraint(
            "reason ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_lot_movement_reason_code")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "lot_id"],
            ["product_lot.org_id", "product_lot.id"],
            name=op.f("fk_lot_movement_org_id_lot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "treatment_record_id"],
            ["treatment_record.org_id", "treatment_record.id"],
            name=op.f("fk_lot_movement_org_id_treatment_record_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_lot_movement")),
    )
    op.create_index("ix_lot_movement_lot", "lot_movement", ["org_id", "lot_id"], unique=False)
    op.create_table(
        "payout",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("credit_memo_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("gift_card_id", sa.Uuid(), nullable=True),
        sa.Column("cashes_out", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("drawer_session_id", sa.Uuid(), nullable=True),
        sa.Column(
            "tender",
            sa.Enum(
                "cash",
                "check",
                "card",
                "ach",
                "third_party",
                "unknown",
                name="word_tender",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "succeeded",
                "declined",
                "unknown",
                name="word_paymentstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tip_minor", sa.BigInteger(), nullable=False),
        sa.Column("rounding_minor", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=True),
        sa.Column("processor_reference", sa.Text(), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_by", sa.Uuid(), nullable=True),
        sa.Column("decline_code", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'succeeded') = (business_date is not null)", name=op.f("ck_payout_dated")
        ),
        sa.CheckConstraint("rounding_minor = 0 or tender = 'cash'", name=op.f("ck_payout_rounding")),
        sa.CheckConstraint(
            "amount_minor > 0 and tip_minor between 0 and amount_minor", name=op.f("ck_payout_amount")
        ),
        sa.CheckConstraint(
            "cashes_out or (tender is null) = (payment_id is null)", name=op.f("ck_payout_tender")
        ),
        sa.CheckConstraint(
            "gift_card_id is null or cashes_out or tender is null and credit_memo_id is not null",
            name=op.f("ck_payout_gift_card"),
        ),
        sa.CheckConstraint(
            "not cashes_out or tender is not null and credit_memo_id is null and tip_minor = 0",
            name=op.f("ck_payout_cashes_out"),
        ),
        sa.CheckConstraint("tender is not null or credit_memo_id is not null", name=op.f("ck_payout_source")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["client.org_id", "client.id"], name=op.f("fk_payout_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "credit_memo_id"],
            ["credit_memo.org_id", "credit_memo.id"],
            name=op.f("fk_payout_org_id_credit_memo_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "drawer_session_id"],
            ["drawer_session.org_id", "drawer_session.id"],
            name=op.f("fk_payout_org_id_drawer_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "gift_card_id"],
            ["gift_card.org_id", "gift_card.id"],
            name=op.f("fk_payout_org_id_gift_card_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_payout_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "paid_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_payout_org_id_paid_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_payout_org_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_payout")),
    )
    op.create_index("ix_payout_credit_memo", "payout", ["org_id", "credit_memo_id"], unique=False)
    op.create_index("ix_payout_day", "payout", ["org_id", "location_id", "business_date"], unique=False)
    op.create_index("ix_payout_drawer", "payout", ["org_id", "drawer_session_id"], unique=False)
    op.create_index("ix_payout_payment", "payout", ["org_id", "payment_id"], unique=False)
    op.create_table(
        "remittance_item",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("remittance_id", sa.Uuid(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "settled",
                "refused",
                name="word_settlementoutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("receivable_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("practice_funded_minor", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("external_date", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "receivable_minor in (0, amount_minor)", name=op.f("ck_remittance_item_receivable")
        ),
        sa.CheckConstraint(
            "(outcome = 'settled') = (remittance_id is not null)", name=op.f("ck_remittance_item_outcome")
        ),
        sa.CheckConstraint(
            "fee_minor >= 0 and practice_funded_minor >= 0 and fee_minor + practice_funded_minor <= amount_minor",
            name=op.f("ck_remittance_item_parts"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_remittance_item_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_remittance_item_org_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "programme_id"],
            ["tender_programme.org_id", "tender_programme.id"],
            name=op.f("fk_remittance_item_org_id_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "remittance_id"],
            ["remittance.org_id", "remittance.id"],
            name=op.f("fk_remittance_item_org_id_remittance_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_remittance_item")),
        sa.UniqueConstraint("org_id", "payment_id", name=op.f("uq_remittance_item_org_id_payment_id")),
    )
    op.create_table(
        "returned_check",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("receivable_minor", sa.BigInteger(), nullable=False),
        sa.Column("bank_fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_invoice_id", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("external_date", sa.Date(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "receivable_minor between 0 and amount_minor", name=op.f("ck_returned_check_receivable")
        ),
        sa.CheckConstraint("amount_minor > 0 and bank_fee_minor >= 0", name=op.f("ck_returned_check_amount")),
        sa.ForeignKeyConstraint(
            ["org_id", "fee_invoice_id"],
            ["invoice.org_id", "invoice.id"],
            name=op.f("fk_returned_check_org_id_fee_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_returned_check_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_returned_check_org_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_returned_check_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_returned_check")),
        sa.UniqueConstraint("org_id", "payment_id", name=op.f("uq_returned_check_org_id_payment_id")),
    )
    op.create_table(
        "tip",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_tip_amount")),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"], ["payment.org_id", "payment.id"], name=op.f("fk_tip_org_id_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "provider_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_tip_org_id_provider_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_tip")),
        sa.UniqueConstraint(
            "org_id", "payment_id", "provider_id", name=op.f("uq_tip_org_id_payment_id_provider_id")
        ),
    )
    op.create_table(
        "treatment_site",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("treatment_record_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("site ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_treatment_site_site_code")),
        sa.CheckConstraint("quantity_milli > 0", name=op.f("ck_treatment_site_quantity")),
        sa.ForeignKeyConstraint(
            ["org_id", "treatment_record_id"],
            ["treatment_record.org_id", "treatment_record.id"],
            name=op.f("fk_treatment_site_org_id_treatment_record_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_treatment_site")),
        sa.UniqueConstraint(
            "org_id",
            "treatment_record_id",
            "position",
            name=op.f("uq_treatment_site_org_id_treatment_record_id_position"),
        ),
    )
    op.create_table(
        "credit_memo_line",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credit_memo_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_line_id", sa.Uuid(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "net_minor >= 0 and tax_minor >= 0 and net_minor + tax_minor > 0",
            name=op.f("ck_credit_memo_line_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "credit_memo_id"],
            ["credit_memo.org_id", "credit_memo.id"],
            name=op.f("fk_credit_memo_line_org_id_credit_memo_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_line_id"],
            ["invoice_line.org_id", "invoice_line.id"],
            name=op.f("fk_credit_memo_line_org_id_invoice_line_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_credit_memo_line")),
        sa.UniqueConstraint(
            "org_id",
            "credit_memo_id",
            "invoice_line_id",
            name=op.f("uq_credit_memo_line_org_id_credit_memo_id_invoice_line_id"),
        ),
    )
    op.create_index(
        "ix_credit_memo_line_line", "credit_memo_line", ["org_id", "invoice_line_id"], unique=False
    )
    op.create_table(
        "invoice_line_tax",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_line_id", sa.Uuid(), nullable=False),
        sa.Column("jurisdiction_id", sa.Uuid(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("tax_minor >= 0", name=op.f("ck_invoice_line_tax_tax")),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_line_id"],
            ["invoice_line.org_id", "invoice_line.id"],
            name=op.f("fk_invoice_line_tax_org_id_invoice_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "jurisdiction_id"],
            ["tax_jurisdiction.org_id", "tax_jurisdiction.id"],
            name=op.f("fk_invoice_line_tax_org_id_jurisdiction_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_invoice_line_tax")),
        sa.UniqueConstraint(
            "org_id",
            "invoice_line_id",
            "jurisdiction_id",
            name=op.f("uq_invoice_line_tax_org_id_invoice_line_id_jurisdiction_id"),
        ),
    )
    op.create_table(
        "posting",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), nullable=False),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("external_date", sa.Date(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_line_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("gift_card_id", sa.Uuid(), nullable=True),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("merchant_account_id", sa.Uuid(), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("jurisdiction_id", sa.Uuid(), nullable=True),
        sa.Column("other_location_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_posting_amount")),
        sa.ForeignKeyConstraint(["account"], ["ledger_account.code"], name=op.f("fk_posting_account")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["client.org_id", "client.id"], name=op.f("fk_posting_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "entry_id"],
            ["journal_entry.org_id", "journal_entry.id"],
            name=op.f("fk_posting_org_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "gift_card_id"],
            ["gift_card.org_id", "gift_card.id"],
            name=op.f("fk_posting_org_id_gift_card_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_id"],
            ["invoice.org_id", "invoice.id"],
            name=op.f("fk_posting_org_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_line_id"],
            ["invoice_line.org_id", "invoice_line.id"],
            name=op.f("fk_posting_org_id_invoice_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "jurisdiction_id"],
            ["tax_jurisdiction.org_id", "tax_jurisdiction.id"],
            name=op.f("fk_posting_org_id_jurisdiction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "legal_entity_id"],
            ["legal_entity.org_id", "legal_entity.id"],
            name=op.f("fk_posting_org_id_legal_entity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_posting_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merchant_account_id"],
            ["merchant_account.org_id", "merchant_account.id"],
            name=op.f("fk_posting_org_id_merchant_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "other_location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_posting_org_id_other_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "programme_id"],
            ["tender_programme.org_id", "tender_programme.id"],
            name=op.f("fk_posting_org_id_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "provider_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_posting_org_id_provider_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_posting")),
        sa.UniqueConstraint("org_id", "entry_id", "line_no", name=op.f("uq_posting_org_id_entry_id_line_no")),
    )
    op.create_index("ix_posting_client", "posting", ["org_id", "client_id", "account"], unique=False)
    op.create_index(
        "ix_posting_contract",
        "posting",
        ["org_id", "contract_id"],
        unique=False,
        postgresql_where=sa.text("contract_id is not null"),
    )
    op.create_index(
        "ix_posting_day", "posting", ["org_id", "location_id", "business_date", "account"], unique=False
    )
    op.create_index("ix_posting_gift_card", "posting", ["org_id", "gift_card_id"], unique=False)
    op.create_index("ix_posting_invoice", "posting", ["org_id", "invoice_id"], unique=False)
    op.create_index(
        "ix_posting_unmatched",
        "posting",
        ["org_id", "location_id"],
        unique=False,
        postgresql_where=sa.text("account = '1290'"),
    )
    op.create_table(
        "processor_attempt",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_no", sa.SmallInteger(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "created",
                "succeeded",
                "declined",
                "unknown",
                name="word_attemptstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("result_code", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(payment_id is null) <> (payout_id is null)", name=op.f("ck_processor_attempt_subject")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_processor_attempt_org_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payout_id"],
            ["payout.org_id", "payout.id"],
            name=op.f("fk_processor_attempt_org_id_payout_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_processor_attempt")),
        sa.UniqueConstraint("request_key", name=op.f("uq_processor_attempt_request_key")),
    )
    op.create_index("ix_processor_attempt_state", "processor_attempt", ["org_id", "state"], unique=False)
    op.create_table(
        "processor_line",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_account_id", sa.Uuid(), nullable=False),
        sa.Column("line_reference", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "charge",
                "refund",
                "dispute",
                "dispute_reversal",
                "refund_failure",
                "fee",
                "adjustment",
                "opening",
                name="word_processorlinekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("about_reference", sa.Text(), nullable=True),
        sa.Column("processor_payout_id", sa.Uuid(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column(
            "booked_as",
            sa.Enum(
                "processor_fee",
                "chargeback",
                "bad_debt",
                "elsewhere",
                name="word_processorlinebooking",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "booked_reason",
            sa.Enum(
                "billed_by_processor",
                "corrected_by_processor",
                "penalty",
                "taken_back",
                "unexplained",
                name="word_processoritemreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("booked_by", sa.Uuid(), nullable=True),
        sa.Column(
            "refused_as",
            sa.Enum(
                "other_currency",
                name="word_processorlinerefusal",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "refused_as is null or num_nonnulls(payment_id, payout_id, dispute_id) = 0",
            name=op.f("ck_processor_line_refused"),
        ),
        sa.CheckConstraint(
            "(coalesce(booked_as, '') <> 'elsewhere') or refused_as is not null",
            name=op.f("ck_processor_line_elsewhere"),
        ),
        sa.CheckConstraint(
            "(booked_as is null) = (booked_on is null) and (booked_as is null) = (booked_reason is null)",
            name=op.f("ck_processor_line_booked"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(payment_id, payout_id, dispute_id) <= 1", name=op.f("ck_processor_line_subject")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "dispute_id"],
            ["dispute.org_id", "dispute.id"],
            name=op.f("fk_processor_line_org_id_dispute_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_processor_line_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merchant_account_id"],
            ["merchant_account.org_id", "merchant_account.id"],
            name=op.f("fk_processor_line_org_id_merchant_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_processor_line_org_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payout_id"],
            ["payout.org_id", "payout.id"],
            name=op.f("fk_processor_line_org_id_payout_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "processor_payout_id"],
            ["processor_payout.org_id", "processor_payout.id"],
            name=op.f("fk_processor_line_org_id_processor_payout_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "booked_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_processor_line_org_id_booked_by"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_processor_line")),
        sa.UniqueConstraint(
            "org_id",
            "merchant_account_id",
            "line_reference",
            name=op.f("uq_processor_line_org_id_merchant_account_id_line_reference"),
        ),
    )
    op.create_index(
        "ix_processor_line_payout", "processor_line", ["org_id", "processor_payout_id"], unique=False
    )
    op.create_index(
        "ix_processor_line_unpaid",
        "processor_line",
        ["org_id", "merchant_account_id"],
        unique=False,
        postgresql_where=sa.text("processor_payout_id is null"),
    )
    op.create_table(
        "processor_event",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "attempt_id"],
            ["processor_attempt.org_id", "processor_attempt.id"],
            name=op.f("fk_processor_event_org_id_attempt_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_processor_event")),
        sa.UniqueConstraint(
            "org_id", "event_reference", name=op.f("uq_processor_event_org_id_event_reference")
        ),
    )
    op.create_table(
        "membership_plan",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organization.org_id"], name=op.f("fk_membership_plan_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_membership_plan")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_membership_plan_org_id_name")),
    )
    op.create_table(
        "package_plan",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("expires_after_days", sa.Integer(), nullable=True),
        sa.Column("breakage_ppm", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("breakage_ppm between 0 and 500000", name=op.f("ck_package_plan_breakage")),
        sa.CheckConstraint("expires_after_days > 0", name=op.f("ck_package_plan_expiry")),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_package_plan_price")),
        sa.ForeignKeyConstraint(["org_id"], ["organization.org_id"], name=op.f("fk_package_plan_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_package_plan")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_package_plan_org_id_name")),
    )
    op.create_table(
        "membership_plan_version",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("period_months", sa.SmallInteger(), nullable=False),
        sa.Column("access_standalone_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("rollover_periods", sa.SmallInteger(), nullable=True),
        sa.Column("breakage_ppm", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "breakage_ppm between 0 and 500000", name=op.f("ck_membership_plan_version_breakage")
        ),
        sa.CheckConstraint("period_months between 1 and 24", name=op.f("ck_membership_plan_version_months")),
        sa.CheckConstraint(
            "price_minor > 0 and access_standalone_minor >= 0", name=op.f("ck_membership_plan_version_price")
        ),
        sa.CheckConstraint(
            "rollover_periods between 0 and 60", name=op.f("ck_membership_plan_version_rollover")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_plan_id"],
            ["membership_plan.org_id", "membership_plan.id"],
            name=op.f("fk_membership_plan_version_org_id_membership_plan_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_membership_plan_version")),
        sa.UniqueConstraint(
            "org_id",
            "membership_plan_id",
            "number",
            name=op.f("uq_membership_plan_version_org_id_membership_plan_id_number"),
        ),
    )
    op.create_table(
        "membership_plan_credit",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_plan_version_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity_milli > 0", name=op.f("ck_membership_plan_credit_quantity")),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_plan_version_id"],
            ["membership_plan_version.org_id", "membership_plan_version.id"],
            name=op.f("fk_membership_plan_credit_org_id_membership_plan_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "product_id"],
            ["product.org_id", "product.id"],
            name=op.f("fk_membership_plan_credit_org_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_membership_plan_credit_org_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_membership_plan_credit")),
        sa.UniqueConstraint(
            "org_id",
            "membership_plan_version_id",
            "position",
            name=op.f("uq_membership_plan_credit_org_id_membership_plan_version_id_position"),
        ),
    )
    op.create_table(
        "package_plan_item",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("package_plan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity_milli > 0", name=op.f("ck_package_plan_item_quantity")),
        sa.ForeignKeyConstraint(
            ["org_id", "package_plan_id"],
            ["package_plan.org_id", "package_plan.id"],
            name=op.f("fk_package_plan_item_org_id_package_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "product_id"],
            ["product.org_id", "product.id"],
            name=op.f("fk_package_plan_item_org_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_package_plan_item_org_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_package_plan_item")),
        sa.UniqueConstraint(
            "org_id",
            "package_plan_id",
            "position",
            name=op.f("uq_package_plan_item_org_id_package_plan_id_position"),
        ),
    )
    op.create_table(
        "recognition_run",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("gift_card_entitled", sa.BigInteger(), nullable=False),
        sa.Column("package_entitled", sa.BigInteger(), nullable=False),
        sa.Column("membership_entitled", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_recognition_run_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_recognition_run")),
        sa.UniqueConstraint(
            "org_id",
            "location_id",
            "business_date",
            name=op.f("uq_recognition_run_org_id_location_id_business_date"),
        ),
    )
    op.create_table(
        "membership",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("membership_plan_version_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "past_due",
                "frozen",
                "cancelled",
                name="word_membershipstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("anchor_number", sa.Integer(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.Column("next_bill_on", sa.Date(), nullable=True),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column(
            "cancel_reason",
            sa.Enum(
                "client_asked",
                "moved_away",
                "price",
                "dues_unpaid",
                "practice",
                name="word_membershipendreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("payment_token", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_on is not null)", name=op.f("ck_membership_cancelled")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_membership_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_membership_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_plan_version_id"],
            ["membership_plan_version.org_id", "membership_plan_version.id"],
            name=op.f("fk_membership_org_id_membership_plan_version_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_membership")),
    )
    op.create_index(
        "ix_membership_billing",
        "membership",
        ["org_id", "location_id", "next_bill_on"],
        unique=False,
        postgresql_where=sa.text("next_bill_on is not null"),
    )
    op.create_index("ix_membership_client", "membership", ["org_id", "client_id"], unique=False)
    op.create_table(
        "package",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("package_plan_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_package_price")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["client.org_id", "client.id"], name=op.f("fk_package_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_package_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "package_plan_id"],
            ["package_plan.org_id", "package_plan.id"],
            name=op.f("fk_package_org_id_package_plan_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_package")),
    )
    op.create_index("ix_package_client", "package", ["org_id", "client_id"], unique=False)
    op.create_table(
        "membership_freeze",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("frozen_from", sa.Date(), nullable=False),
        sa.Column("frozen_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("frozen_until >= frozen_from", name=op.f("ck_membership_freeze_order")),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_id"],
            ["membership.org_id", "membership.id"],
            name=op.f("fk_membership_freeze_org_id_membership_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_membership_freeze")),
        sa.UniqueConstraint(
            "org_id",
            "membership_id",
            "frozen_from",
            name=op.f("uq_membership_freeze_org_id_membership_id_frozen_from"),
        ),
    )
    op.create_table(
        "membership_period",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("access_minor", sa.BigInteger(), nullable=False),
        sa.Column("earned_days", sa.SmallInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "due",
                "charging",
                "failed",
                "paid",
                "waived",
                name="word_periodstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("next_attempt_on", sa.Date(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column(
            "ended_as",
            sa.Enum(
                "refunded",
                "changed",
                name="word_periodend",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("access_returned_minor", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(ended_on is null) = (ended_as is null) and (ended_on is null or status = 'paid')"
            " and access_returned_minor between 0 and access_minor"
            " and (access_returned_minor = 0 or ended_on is not null)",
            name=op.f("ck_membership_period_ended"),
        ),
        sa.CheckConstraint(
            "(status = 'paid') = (invoice_id is not null)", name=op.f("ck_membership_period_invoice")
        ),
        sa.CheckConstraint(
            "(status = 'paid') = (paid_on is not null)", name=op.f("ck_membership_period_paid")
        ),
        sa.CheckConstraint(
            "days > 0 and earned_days between 0 and days", name=op.f("ck_membership_period_days")
        ),
        sa.CheckConstraint(
            "price_minor >= 0 and access_minor between 0 and price_minor",
            name=op.f("ck_membership_period_price"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_id"],
            ["invoice.org_id", "invoice.id"],
            name=op.f("fk_membership_period_org_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_membership_period_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_id"],
            ["membership.org_id", "membership.id"],
            name=op.f("fk_membership_period_org_id_membership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_membership_period_org_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_membership_period")),
        sa.UniqueConstraint(
            "org_id", "membership_id", "number", name=op.f("uq_membership_period_org_id_membership_id_number")
        ),
    )
    op.create_index(
        "ix_membership_period_earning",
        "membership_period",
        ["org_id", "location_id"],
        unique=False,
        postgresql_where=sa.text("status = 'paid' and earned_days < days"),
    )
    op.create_table(
        "entitlement",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("package_id", sa.Uuid(), nullable=True),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("membership_period_id", sa.Uuid(), nullable=True),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("standalone_minor", sa.BigInteger(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("breakage_ppm", sa.Integer(), nullable=False),
        sa.Column("taxed_at_sale", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(membership_id is null) = (membership_period_id is null)", name=op.f("ck_entitlement_period")
        ),
        sa.CheckConstraint(
            "(package_id is null) <> (membership_id is null)", name=op.f("ck_entitlement_contract")
        ),
        sa.CheckConstraint("breakage_ppm between 0 and 500000", name=op.f("ck_entitlement_breakage")),
        sa.CheckConstraint(
            "quantity_milli > 0 and value_minor >= 0 and standalone_minor >= 0",
            name=op.f("ck_entitlement_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_entitlement_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_entitlement_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_id"],
            ["membership.org_id", "membership.id"],
            name=op.f("fk_entitlement_org_id_membership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_period_id"],
            ["membership_period.org_id", "membership_period.id"],
            name=op.f("fk_entitlement_org_id_membership_period_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "package_id"],
            ["package.org_id", "package.id"],
            name=op.f("fk_entitlement_org_id_package_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "product_id"],
            ["product.org_id", "product.id"],
            name=op.f("fk_entitlement_org_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_entitlement_org_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_entitlement")),
    )
    op.create_index("ix_entitlement_client", "entitlement", ["org_id", "client_id"], unique=False)
    op.create_index(
        "ix_entitlement_expiry",
        "entitlement",
        ["org_id", "location_id", "expires_on"],
        unique=False,
        postgresql_where=sa.text("expires_on is not null"),
    )
    op.create_index("ix_entitlement_package", "entitlement", ["org_id", "package_id"], unique=False)
    op.create_index("ix_entitlement_period", "entitlement", ["org_id", "membership_period_id"], unique=False)
    op.create_table(
        "membership_event",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "joined",
                "renewed",
                "dues_failed",
                "past_due",
                "recovered",
                "frozen",
                "unfrozen",
                "cancelled",
                "changed",
                "refunded",
                name="word_membershipeventkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("membership_period_id", sa.Uuid(), nullable=True),
        sa.Column("membership_plan_version_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_plan_version_id"],
            ["membership_plan_version.org_id", "membership_plan_version.id"],
            name=op.f("fk_membership_event_org_id_membership_plan_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_id"],
            ["membership.org_id", "membership.id"],
            name=op.f("fk_membership_event_org_id_membership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "membership_period_id"],
            ["membership_period.org_id", "membership_period.id"],
            name=op.f("fk_membership_event_org_id_membership_period_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_membership_event_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_membership_event")),
    )
    op.create_index(
        "ix_membership_event_membership", "membership_event", ["org_id", "membership_id"], unique=False
    )
    op.create_table(
        "entitlement_movement",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entitlement_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "used",
                "reversed",
                "refunded",
                "voided",
                "expired",
                name="word_entitlementmovementkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("invoice_line_id", sa.Uuid(), nullable=True),
        sa.Column("credit_memo_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'refunded') = (credit_memo_id is not null)", name=op.f("ck_entitlement_movement_memo")
        ),
        sa.CheckConstraint(
            "(kind = 'reversed') = (reverses_id is not null)", name=op.f("ck_entitlement_movement_reversal")
        ),
        sa.CheckConstraint(
            "(kind in ('used', 'reversed')) = (invoice_line_id is not null)",
            name=op.f("ck_entitlement_movement_line"),
        ),
        sa.CheckConstraint(
            "case when kind = 'reversed' then quantity_milli <= 0 and value_minor <= 0 else quantity_milli >= 0 and value_minor >= 0 end",
            name=op.f("ck_entitlement_movement_signs"),
        ),
        sa.CheckConstraint(
            "quantity_milli <> 0 or value_minor <> 0", name=op.f("ck_entitlement_movement_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "credit_memo_id"],
            ["credit_memo.org_id", "credit_memo.id"],
            name=op.f("fk_entitlement_movement_org_id_credit_memo_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "entitlement_id"],
            ["entitlement.org_id", "entitlement.id"],
            name=op.f("fk_entitlement_movement_org_id_entitlement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "invoice_line_id"],
            ["invoice_line.org_id", "invoice_line.id"],
            name=op.f("fk_entitlement_movement_org_id_invoice_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_entitlement_movement_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "reverses_id"],
            ["entitlement_movement.org_id", "entitlement_movement.id"],
            name=op.f("fk_entitlement_movement_org_id_reverses_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_entitlement_movement")),
        sa.UniqueConstraint("org_id", "reverses_id", name=op.f("uq_entitlement_movement_org_id_reverses_id")),
    )
    op.create_index(
        "ix_entitlement_movement_day", "entitlement_movement", ["org_id", "business_date"], unique=False
    )
    op.create_index(
        "ix_entitlement_movement_entitlement",
        "entitlement_movement",
        ["org_id", "entitlement_id"],
        unique=False,
    )
    op.create_index(
        "ix_entitlement_movement_line", "entitlement_movement", ["org_id", "invoice_line_id"], unique=False
    )
    op.create_foreign_key(
        op.f("fk_invoice_line_org_id_package_id"),
        "invoice_line",
        "package",
        ["org_id", "package_id"],
        ["org_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_invoice_line_org_id_membership_period_id"),
        "invoice_line",
        "membership_period",
        ["org_id", "membership_period_id"],
        ["org_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_invoice_line_org_id_covered_by"),
        "invoice_line",
        "entitlement",
        ["org_id", "covered_by"],
        ["org_id", "id"],
    )
    op.create_table(
        "import_run",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("mapping_sha256", sa.Text(), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_imported", sa.Integer(), nullable=False),
        sa.Column("rows_merged", sa.Integer(), nullable=False),
        sa.Column("rows_known", sa.Integer(), nullable=False),
        sa.Column("rows_refused", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "rows_read = rows_imported + rows_merged + rows_known + rows_refused",
            name=op.f("ck_import_run_every_row"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_import_run_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_import_run")),
    )
    op.create_table(
        "import_row",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("outcome in ('imported', 'merged')", name=op.f("ck_import_row_outcome")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_import_row_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "run_id"],
            ["import_run.org_id", "import_run.id"],
            name=op.f("fk_import_row_org_id_run_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_import_row")),
        sa.UniqueConstraint("org_id", "fingerprint", name=op.f("uq_import_row_org_id_fingerprint")),
    )
    op.create_table(
        "dispute_fee",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("fee_minor > 0", name=op.f("ck_dispute_fee_fee")),
        sa.ForeignKeyConstraint(
            ["org_id", "dispute_id"],
            ["dispute.org_id", "dispute.id"],
            name=op.f("fk_dispute_fee_org_id_dispute_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_dispute_fee_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_dispute_fee")),
    )
    op.create_index("ix_dispute_fee_dispute", "dispute_fee", ["org_id", "dispute_id"], unique=False)
    op.create_table(
        "processor_line_history",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("processor_line_id", sa.Uuid(), nullable=False),
        sa.Column(
            "event",
            sa.Enum(
                "paid_out",
                "sent_back",
                "explained",
                "unexplained",
                name="word_processorlineevent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("clears", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_processor_line_history_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "processor_line_id"],
            ["processor_line.org_id", "processor_line.id"],
            name=op.f("fk_processor_line_history_org_id_processor_line_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_processor_line_history")),
    )
    op.create_index(
        "ix_processor_line_history_line",
        "processor_line_history",
        ["org_id", "processor_line_id"],
        unique=False,
    )
    op.create_table(
        "merchant_opening",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merchant_account_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_merchant_opening_amount")),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_merchant_opening_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merchant_account_id"],
            ["merchant_account.org_id", "merchant_account.id"],
            name=op.f("fk_merchant_opening_org_id_merchant_account_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_merchant_opening")),
    )
    op.create_index(
        "ix_merchant_opening_account", "merchant_opening", ["org_id", "merchant_account_id"], unique=False
    )
    op.create_table(
        "processor_line_decision",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("processor_line_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "booked",
                "matched",
                "undone",
                name="word_processordecision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column(
            "booked_as",
            sa.Enum(
                "processor_fee",
                "chargeback",
                "bad_debt",
                "elsewhere",
                name="word_processorlinebooking",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("undoes_id", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'undone') = (undoes_id is not null)", name=op.f("ck_processor_line_decision_undone")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "dispute_id"],
            ["dispute.org_id", "dispute.id"],
            name=op.f("fk_processor_line_decision_org_id_dispute_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_processor_line_decision_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_processor_line_decision_org_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payout_id"],
            ["payout.org_id", "payout.id"],
            name=op.f("fk_processor_line_decision_org_id_payout_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "processor_line_id"],
            ["processor_line.org_id", "processor_line.id"],
            name=op.f("fk_processor_line_decision_org_id_processor_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_processor_line_decision_org_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "undoes_id"],
            ["processor_line_decision.org_id", "processor_line_decision.id"],
            name=op.f("fk_processor_line_decision_org_id_undoes_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_processor_line_decision")),
        sa.UniqueConstraint("org_id", "undoes_id", name=op.f("uq_processor_line_decision_org_id_undoes_id")),
    )
    op.create_index(
        "ix_processor_line_decision_line",
        "processor_line_decision",
        ["org_id", "processor_line_id"],
        unique=False,
    )
    op.create_table(
        "refund_failure",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("merchant_account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("deposit_minor", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("external_date", sa.Date(), nullable=True),
        sa.Column("processor_line_id", sa.Uuid(), nullable=True),
        sa.Column("undoes_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(amount_minor < 0) = (undoes_id is not null) and amount_minor <> 0",
            name=op.f("ck_refund_failure_amount"),
        ),
        sa.CheckConstraint("abs(deposit_minor) <= abs(amount_minor)", name=op.f("ck_refund_failure_deposit")),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_refund_failure_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merchant_account_id"],
            ["merchant_account.org_id", "merchant_account.id"],
            name=op.f("fk_refund_failure_org_id_merchant_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payout_id"],
            ["payout.org_id", "payout.id"],
            name=op.f("fk_refund_failure_org_id_payout_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "processor_line_id"],
            ["processor_line.org_id", "processor_line.id"],
            name=op.f("fk_refund_failure_org_id_processor_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_refund_failure_org_id_staff_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "undoes_id"],
            ["refund_failure.org_id", "refund_failure.id"],
            name=op.f("fk_refund_failure_org_id_undoes_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_refund_failure")),
        sa.UniqueConstraint("org_id", "undoes_id", name=op.f("uq_refund_failure_org_id_undoes_id")),
    )
    op.create_index("ix_refund_failure_payout", "refund_failure", ["org_id", "payout_id"], unique=False)
    op.create_index(
        "uq_processor_line_dispute",
        "processor_line",
        ["org_id", "dispute_id", sa.text("(amount_minor > 0)")],
        unique=True,
        postgresql_where=sa.text("dispute_id is not null"),
    )
    op.create_index(
        "uq_processor_line_payment",
        "processor_line",
        ["org_id", "payment_id", sa.text("(amount_minor > 0)")],
        unique=True,
        postgresql_where=sa.text("payment_id is not null"),
    )
    op.create_index(
        "uq_processor_line_payout",
        "processor_line",
        ["org_id", "payout_id", sa.text("(amount_minor > 0)")],
        unique=True,
        postgresql_where=sa.text("payout_id is not null"),
    )
    op.create_table(
        "contact_block",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "sms", "email", name="word_channel", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("address_digest", sa.Text(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "reason ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_contact_block_reason_code")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_contact_block")),
        sa.UniqueConstraint(
            "org_id", "channel", "address_digest", name=op.f("uq_contact_block_org_id_channel_address_digest")
        ),
    )
    op.create_table(
        "message_template",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "booking_confirmed",
                "reminder",
                "confirmation_request",
                "moved",
                "cancelled",
                "must_move",
                "waitlist_offer",
                "forms_outstanding",
                "booking_completion",
                "stopped",
                "started",
                "help",
                "confirmation_noted",
                name="word_messagekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "sms", "email", name="word_channel", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(channel = 'email') = (subject is not null)", name=op.f("ck_message_template_subject")
        ),
        sa.CheckConstraint("length(body) between 1 and 4000", name=op.f("ck_message_template_body")),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_message_template_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "written_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_message_template_org_id_written_by"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_message_template")),
        sa.UniqueConstraint(
            "org_id",
            "location_id",
            "kind",
            "channel",
            "number",
            name="uq_message_template_version",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "contact_consent",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "sms", "email", name="word_channel", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "use",
            sa.Enum(
                "transactional",
                "marketing",
                name="word_contactuse",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "source ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_contact_consent_source_code")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_contact_consent_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_contact_consent_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_contact_consent")),
    )
    op.create_index(
        "ix_contact_consent_client",
        "contact_consent",
        ["org_id", "client_id", "channel", "use", "created_at"],
        unique=False,
    )
    op.create_table(
        "incoming_message",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column(
            "meaning",
            sa.Enum(
                "stop",
                "start",
                "help",
                "confirm",
                "other",
                name="word_replymeaning",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_incoming_message_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_incoming_message_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_incoming_message_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_incoming_message")),
        sa.UniqueConstraint("org_id", "reference", name=op.f("uq_incoming_message_org_id_reference")),
    )
    op.create_index(
        "ix_incoming_message_client", "incoming_message", ["org_id", "client_id", "created_at"], unique=False
    )
    op.create_table(
        "appointment_notice",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("history_id", sa.Uuid(), nullable=False),
        sa.Column(
            "event",
            sa.Enum(
                "booked",
                "confirmed",
                "moved",
                "arrived",
                "completed",
                "arrived_not_treated",
                "left_before_service",
                "no_show",
                "cancelled",
                "late_cancelled",
                "restored",
                "items_changed",
                "undone",
                "must_move",
                name="word_appointmentevent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scheduled_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_appointment_notice_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "history_id"],
            ["appointment_history.org_id", "appointment_history.id"],
            name=op.f("fk_appointment_notice_org_id_history_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_appointment_notice_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_appointment_notice")),
    )
    op.create_table(
        "message",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("about_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "booking_confirmed",
                "reminder",
                "confirmation_request",
                "moved",
                "cancelled",
                "must_move",
                "waitlist_offer",
                "forms_outstanding",
                "booking_completion",
                "stopped",
                "started",
                "help",
                "confirmation_noted",
                name="word_messagekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "sms", "email", name="word_channel", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "scheduled",
                "claimed",
                "sent",
                "failed",
                "unknown",
                "cancelled",
                name="word_messagestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("dedupe", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drop_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("parts", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("code ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_message_code_code")),
        sa.CheckConstraint("num_nonnulls(client_id, lead_id) = 1", name=op.f("ck_message_recipient")),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_message_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["client.org_id", "client.id"], name=op.f("fk_message_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_message_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "template_id"],
            ["message_template.org_id", "message_template.id"],
            name=op.f("fk_message_org_id_template_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_message")),
        sa.UniqueConstraint("org_id", "dedupe", name=op.f("uq_message_org_id_dedupe")),
    )
    op.create_index("ix_message_appointment", "message", ["org_id", "appointment_id"], unique=False)
    op.create_index("ix_message_client", "message", ["org_id", "client_id", "created_at"], unique=False)
    op.create_index(
        "ix_message_due",
        "message",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    op.create_index(
        "ix_message_open",
        "message",
        ["org_id", "claimed_at"],
        unique=False,
        postgresql_where=sa.text("status in ('claimed', 'unknown')"),
    )
    op.create_table(
        "location_messaging",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("automatic", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reminder_minutes", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("confirmation_minutes", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("forms_minutes", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("quiet_from_minute", sa.Integer(), nullable=False),
        sa.Column("quiet_until_minute", sa.Integer(), nullable=False),
        sa.Column("offer_minutes", sa.Integer(), nullable=False),
        sa.Column("call_number", sa.Text(), nullable=True),
        sa.Column("sms_from", sa.Text(), nullable=True),
        sa.Column("email_from", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("sms_from"), "="),
            (sa.column("org_id"), "<>"),
            using="gist",
            name="ex_location_messaging_sms_from",
        ),
        sa.CheckConstraint(
            "sms_from is null or sms_from ~ '^\\+[1-9][0-9]{6,14}$'",
            name=op.f("ck_location_messaging_sms_from"),
        ),
        sa.CheckConstraint("offer_minutes between 5 and 1440", name=op.f("ck_location_messaging_offer")),
        sa.CheckConstraint(
            "quiet_from_minute between 0 and 1439 and quiet_until_minute between 0 and 1439",
            name=op.f("ck_location_messaging_quiet"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_location_messaging_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_location_messaging")),
        sa.UniqueConstraint("org_id", "location_id", name=op.f("uq_location_messaging_org_id_location_id")),
    )
    op.create_table(
        "client_note",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("struck_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(struck_at is null) = (struck_by is null)", name=op.f("ck_client_note_struck")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_client_note_org_id_client_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_client_note")),
    )
    op.create_index("ix_client_note_client", "client_note", ["org_id", "client_id"], unique=False)
    op.create_table(
        "household",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_household")),
    )
    op.create_table(
        "household_member",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("payer_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("payer_id <> client_id", name=op.f("ck_household_member_another")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_household_member_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "household_id"],
            ["household.org_id", "household.id"],
            name=op.f("fk_household_member_org_id_household_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payer_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_household_member_org_id_payer_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_household_member")),
        sa.UniqueConstraint("org_id", "client_id", name=op.f("uq_household_member_org_id_client_id")),
    )
    op.create_index(
        "ix_household_member_household", "household_member", ["org_id", "household_id"], unique=False
    )
    op.create_table(
        "client_merge",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.Uuid(), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(undone_at is null) = (undone_by is null)", name=op.f("ck_client_merge_undone")),
        sa.CheckConstraint("survivor_id <> merged_id", name=op.f("ck_client_merge_two")),
        sa.ForeignKeyConstraint(
            ["org_id", "merged_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_client_merge_org_id_merged_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "survivor_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_client_merge_org_id_survivor_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_client_merge")),
    )
    op.create_index("ix_client_merge_survivor", "client_merge", ["org_id", "survivor_id"], unique=False)
    op.create_index(
        "uq_client_merge_standing",
        "client_merge",
        ["org_id", "merged_id"],
        unique=True,
        postgresql_where=sa.text("undone_at is null"),
    )
    op.create_table(
        "client_merge_row",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "merge_id"],
            ["client_merge.org_id", "client_merge.id"],
            name=op.f("fk_client_merge_row_org_id_merge_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_client_merge_row")),
        sa.UniqueConstraint(
            "org_id",
            "merge_id",
            "table_name",
            "row_id",
            name=op.f("uq_client_merge_row_org_id_merge_id_table_name_row_id"),
        ),
    )
    op.create_table(
        "waitlist_entry",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("service_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("until_minute", sa.Integer(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("until_date", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "booked",
                "ended",
                name="word_waitliststatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "passed_over",
            postgresql.ARRAY(sa.DateTime(timezone=True)),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'booked') = (appointment_id is not null)", name=op.f("ck_waitlist_entry_booked")
        ),
        sa.CheckConstraint(
            "0 <= from_minute and from_minute < until_minute and until_minute <= 1440",
            name=op.f("ck_waitlist_entry_minutes"),
        ),
        sa.CheckConstraint(
            "cardinality(service_ids) between 1 and 10", name=op.f("ck_waitlist_entry_services")
        ),
        sa.CheckConstraint("from_date <= until_date", name=op.f("ck_waitlist_entry_dates")),
        sa.CheckConstraint("matched_at is null or added_by is null", name=op.f("ck_waitlist_entry_matched")),
        sa.ForeignKeyConstraint(
            ["org_id", "added_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_waitlist_entry_org_id_added_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_waitlist_entry_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_waitlist_entry_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_waitlist_entry_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "provider_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_waitlist_entry_org_id_provider_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_waitlist_entry")),
    )
    op.create_index(
        "ix_waitlist_entry_waiting",
        "waitlist_entry",
        ["org_id", "location_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "ix_waitlist_entry_unmatched",
        "waitlist_entry",
        ["org_id", "id"],
        unique=False,
        postgresql_where=sa.text("added_by is null and matched_at is null"),
    )
    op.create_index(
        "ix_waitlist_entry_joined",
        "waitlist_entry",
        ["org_id", "location_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("added_by is null"),
    )
    op.create_table(
        "waitlist_offer",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("waitlist_entry_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "offered",
                "accepted",
                "declined",
                "expired",
                "superseded",
                name="word_offerstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(status = 'accepted') = (appointment_id is not null)", name=op.f("ck_waitlist_offer_accepted")
        ),
        sa.CheckConstraint(
            "starts_at < ends_at and offered_at < expires_at", name=op.f("ck_waitlist_offer_times")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_waitlist_offer_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_waitlist_offer_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_waitlist_offer_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "provider_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_waitlist_offer_org_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_waitlist_offer_org_id_service_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "waitlist_entry_id"],
            ["waitlist_entry.org_id", "waitlist_entry.id"],
            name=op.f("fk_waitlist_offer_org_id_waitlist_entry_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_waitlist_offer")),
    )
    op.create_index(
        "ix_waitlist_offer_entry", "waitlist_offer", ["org_id", "waitlist_entry_id"], unique=False
    )
    op.create_index(
        "uq_waitlist_offer_open",
        "waitlist_offer",
        ["org_id", "waitlist_entry_id"],
        unique=True,
        postgresql_where=sa.text("status = 'offered'"),
    )
    op.create_table(
        "waitlist_look",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_waitlist_look_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_waitlist_look")),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("shows_place", sa.Boolean(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "added_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_calendar_feed_org_id_added_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_calendar_feed_org_id_staff_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_calendar_feed_token_digest")),
    )
    op.create_index("ix_calendar_feed_staff", "calendar_feed", ["org_id", "staff_id"], unique=False)
    op.create_table(
        "webhook_endpoint",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled", sa.Text(), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "disabled ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_webhook_endpoint_disabled_code")
        ),
        sa.CheckConstraint("cardinality(events) > 0", name=op.f("ck_webhook_endpoint_events")),
        sa.CheckConstraint("length(url) between 10 and 2000", name=op.f("ck_webhook_endpoint_url")),
        sa.ForeignKeyConstraint(
            ["org_id", "added_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_webhook_endpoint_org_id_added_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_webhook_endpoint_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("history_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "event",
            sa.Enum(
                "booked",
                "confirmed",
                "moved",
                "arrived",
                "completed",
                "arrived_not_treated",
                "left_before_service",
                "no_show",
                "cancelled",
                "late_cancelled",
                "restored",
                "items_changed",
                "undone",
                "must_move",
                name="word_appointmentevent",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "delivered",
                "dead",
                name="word_deliverystatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("give_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "code ~ '^[a-z0-9][a-z0-9_.,-]{0,99}$'", name=op.f("ck_webhook_delivery_code_code")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_webhook_delivery_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "history_id"],
            ["appointment_history.org_id", "appointment_history.id"],
            name=op.f("fk_webhook_delivery_org_id_history_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_webhook_delivery_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "webhook_endpoint_id"],
            ["webhook_endpoint.org_id", "webhook_endpoint.id"],
            name=op.f("fk_webhook_delivery_org_id_webhook_endpoint_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("org_id", "webhook_endpoint_id", "history_id", name="uq_webhook_delivery_once"),
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "online_location",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("booking_open", sa.Boolean(), nullable=False),
        sa.Column("enquiries_open", sa.Boolean(), nullable=False),
        sa.Column("waitlist_open", sa.Boolean(), nullable=False),
        sa.Column("hold_minutes", sa.Integer(), nullable=False),
        sa.Column("days_ahead", sa.Integer(), nullable=False),
        sa.Column("most_upcoming", sa.Integer(), nullable=False),
        sa.Column("fees_to_card_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("days_ahead between 1 and 365", name=op.f("ck_online_location_days_ahead")),
        sa.CheckConstraint("hold_minutes between 3 and 20", name=op.f("ck_online_location_hold_minutes")),
        sa.CheckConstraint("length(address) between 1 and 300", name=op.f("ck_online_location_address")),
        sa.CheckConstraint("most_upcoming between 1 and 50", name=op.f("ck_online_location_most_upcoming")),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_online_location_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_online_location")),
        sa.UniqueConstraint("org_id", "location_id", name=op.f("uq_online_location_org_id_location_id")),
    )
    op.create_table(
        "online_service",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("card_on_file", sa.Boolean(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "service_id"],
            ["service.org_id", "service.id"],
            name=op.f("fk_online_service_org_id_service_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_online_service")),
        sa.UniqueConstraint("org_id", "service_id", name=op.f("uq_online_service_org_id_service_id")),
    )
    op.create_table(
        "online_origin",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "origin ~ '^https?://[a-z0-9.-]+(:[0-9]{1,5})?$'", name=op.f("ck_online_origin_origin")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organization.org_id"], name=op.f("fk_online_origin_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_online_origin")),
        sa.UniqueConstraint("org_id", "origin", name=op.f("uq_online_origin_org_id_origin")),
    )
    op.create_table(
        "public_text",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "cancellation_policy",
                "contact_consent",
                name="word_publictextkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex')", name=op.f("ck_public_text_sha256")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_public_text_org_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_public_text")),
        sa.UniqueConstraint(
            "org_id",
            "location_id",
            "kind",
            "number",
            name=op.f("uq_public_text_org_id_location_id_kind_number"),
        ),
    )
    op.create_table(
        "client_card",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("merchant_account_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_client_card_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merchant_account_id"],
            ["merchant_account.org_id", "merchant_account.id"],
            name=op.f("fk_client_card_org_id_merchant_account_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_client_card")),
    )
    op.create_index("ix_client_card_client", "client_card", ["org_id", "client_id"], unique=False)
    op.create_table(
        "online_booking",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "choosing",
                "paying",
                "pending",
                "requested",
                "booked",
                "declined",
                "abandoned",
                name="word_onlinestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("embedded", sa.Boolean(), nullable=False),
        sa.Column("service_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.LargeBinary(), nullable=True),
        sa.Column("details_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_text_id", sa.Uuid(), nullable=True),
        sa.Column("deposit_minor", sa.BigInteger(), nullable=False),
        sa.Column("keeps_card", sa.Boolean(), nullable=False),
        sa.Column("card_page", sa.Text(), nullable=True),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("declines", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state in ('pending', 'requested', 'booked')) <= (appointment_id is not null)",
            name=op.f("ck_online_booking_booked"),
        ),
        sa.CheckConstraint(
            "(details is null) or (details_at is not null)", name=op.f("ck_online_booking_details")
        ),
        sa.CheckConstraint(
            "(keeps_card and state in ('pending', 'requested', 'booked')) <= (card_id is not null)",
            name=op.f("ck_online_booking_card_kept"),
        ),
        sa.CheckConstraint("deposit_minor >= 0 and declines >= 0", name=op.f("ck_online_booking_amounts")),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_online_booking_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "card_id"],
            ["client_card.org_id", "client_card.id"],
            name=op.f("fk_online_booking_org_id_card_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"],
            ["client.org_id", "client.id"],
            name=op.f("fk_online_booking_org_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_text_id"],
            ["public_text.org_id", "public_text.id"],
            name=op.f("fk_online_booking_org_id_contact_text_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "hold_id"], ["hold.org_id", "hold.id"], name=op.f("fk_online_booking_org_id_hold_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_online_booking_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "payment_id"],
            ["payment.org_id", "payment.id"],
            name=op.f("fk_online_booking_org_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_online_booking")),
        sa.UniqueConstraint("org_id", "appointment_id", name=op.f("uq_online_booking_org_id_appointment_id")),
        sa.UniqueConstraint("org_id", "hold_id", name=op.f("uq_online_booking_org_id_hold_id")),
    )
    op.create_index(
        "ix_online_booking_state", "online_booking", ["org_id", "state", "created_at"], unique=False
    )
    op.create_table(
        "policy_acceptance",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("online_booking_id", sa.Uuid(), nullable=True),
        sa.Column("waitlist_entry_id", sa.Uuid(), nullable=True),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "online_booking_id"],
            ["online_booking.org_id", "online_booking.id"],
            name=op.f("fk_policy_acceptance_org_id_online_booking_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "text_id"],
            ["public_text.org_id", "public_text.id"],
            name=op.f("fk_policy_acceptance_org_id_text_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "waitlist_entry_id"],
            ["waitlist_entry.org_id", "waitlist_entry.id"],
            name=op.f("fk_policy_acceptance_org_id_waitlist_entry_id"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(online_booking_id, waitlist_entry_id) = 1",
            name=op.f("ck_policy_acceptance_of_what"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_policy_acceptance")),
    )
    op.create_index(
        "ix_policy_acceptance_booking", "policy_acceptance", ["org_id", "online_booking_id"], unique=False
    )
    op.create_table(
        "lead",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "web_form",
                "abandoned_booking",
                "phone",
                "walk_in",
                "referral",
                "social",
                "event",
                "other",
                name="word_leadsource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "new",
                "contacted",
                "booked",
                "converted",
                "lost",
                name="word_leadstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "lost_reason",
            sa.Enum(
                "no_answer",
                "price",
                "not_suitable",
                "went_elsewhere",
                "changed_mind",
                "not_serious",
                "duplicate",
                "other",
                name="word_lostreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("converted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("may_contact", sa.Boolean(), nullable=False),
        sa.Column("contact_text_id", sa.Uuid(), nullable=True),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("online_booking_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(status = 'lost') = (lost_at is not null)", name=op.f("ck_lead_lost_at")),
        sa.CheckConstraint("(status = 'lost') = (lost_reason is not null)", name=op.f("ck_lead_lost")),
        sa.CheckConstraint(
            "status not in ('booked', 'converted') or client_id is not null", name=op.f("ck_lead_client")
        ),
        sa.CheckConstraint("may_contact = (contact_text_id is not null)", name=op.f("ck_lead_consent")),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["client.org_id", "client.id"], name=op.f("fk_lead_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "contact_text_id"],
            ["public_text.org_id", "public_text.id"],
            name=op.f("fk_lead_org_id_contact_text_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_lead_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "online_booking_id"],
            ["online_booking.org_id", "online_booking.id"],
            name=op.f("fk_lead_org_id_online_booking_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_lead")),
    )
    op.create_index("ix_lead_client", "lead", ["org_id", "client_id"], unique=False)
    op.create_index("ix_lead_location", "lead", ["org_id", "location_id", "received_at"], unique=False)
    op.create_table(
        "task",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "follow_up",
                "approve_booking",
                "match_client",
                "return_deposit",
                "find_time",
                "collect_fee",
                "many_bookings",
                "other",
                name="word_taskkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("online_booking_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "appointment_id"],
            ["appointment.org_id", "appointment.id"],
            name=op.f("fk_task_org_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "assignee_id"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_task_org_id_assignee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "client_id"], ["client.org_id", "client.id"], name=op.f("fk_task_org_id_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "created_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_task_org_id_created_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "done_by"],
            ["staff_member.org_id", "staff_member.id"],
            name=op.f("fk_task_org_id_done_by"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "lead_id"], ["lead.org_id", "lead.id"], name=op.f("fk_task_org_id_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "location_id"],
            ["location.org_id", "location.id"],
            name=op.f("fk_task_org_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "online_booking_id"],
            ["online_booking.org_id", "online_booking.id"],
            name=op.f("fk_task_org_id_online_booking_id"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_appointment", "task", ["org_id", "appointment_id"], unique=False)
    op.create_index("ix_task_lead", "task", ["org_id", "lead_id"], unique=False)
    op.create_index("ix_task_open", "task", ["org_id", "location_id", "done_at", "due_at"], unique=False)
