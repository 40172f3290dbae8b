"""Responses and conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "responses",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("previous_id", sa.String),
        sa.Column("chain_id", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_responses"),
    )
    for column in ("created_at", "previous_id", "chain_id"):
        op.create_index(f"ix_responses_{column}", "responses", [column])
    op.create_table(
        "response_items",
        sa.Column("response_id", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("item_id", sa.String, nullable=False),
        sa.Column("is_output", sa.Boolean, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("response_id", "position", name="pk_response_items"),
        of_response("fk_response_items_response_id_responses"),
    )
    op.create_index("ix_response_items_item_id", "response_items", ["item_id"])
    op.create_table(
        "response_streams",
        sa.Column("response_id", sa.String, nullable=False),
        sa.Column("events", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("response_id", name="pk_response_streams"),
        of_response("fk_response_streams_response_id_responses"),
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_used_at", "conversations", ["used_at"])
    op.create_table(
        "conversation_items",
        sa.Column("conversation_id", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("item_id", sa.String, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "position", name="pk_conversation_items"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_conversation_items_conversation_id_conversations",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_conversation_items_item", "conversation_items", ["conversation_id", "item_id"], unique=True)


def of_response(name: str) -> sa.ForeignKeyConstraint:
    """What goes with the response it belongs to."""
    return sa.ForeignKeyConstraint(["response_id"], ["responses.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    for table in ("conversation_items", "conversations", "response_streams", "response_items", "responses"):
        op.drop_table(table)
