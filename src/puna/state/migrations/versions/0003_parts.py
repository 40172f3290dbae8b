"""The events of responses that are still being made, for the other servers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "response_parts",
        sa.Column("response_id", sa.String, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("events", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("response_id", "last", name="pk_response_parts"),
        sa.ForeignKeyConstraint(
            ["response_id"], ["responses.id"], name="fk_response_parts_response_id_responses", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("response_parts")
