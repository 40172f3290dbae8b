"""The tables. A change here needs a new revision in `migrations/versions`."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

responses = Table(
    "responses",
    metadata,
    Column("id", String, primary_key=True),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("status", String, nullable=False),
    Column("previous_id", String, index=True),
    Column("chain_id", String, nullable=False, index=True),
    Column("owner", String, nullable=False),
    Column("body", JSON, nullable=False),
)
"""`body` is the response object without its output; its status is the column's. `chain_id` is the first response of
the chain, which all that go back to it share; `owner` the process that makes the response."""

response_items = Table(
    "response_items",
    metadata,
    Column("response_id", ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("item_id", String, nullable=False, index=True),
    Column("is_output", Boolean, nullable=False),
    Column("body", JSON, nullable=False),
)

response_streams = Table(
    "response_streams",
    metadata,
    Column("response_id", ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True),
    Column("events", LargeBinary, nullable=False),
)
"""The events of a response that was streamed, as they were sent, compressed by zlib."""

response_parts = Table(
    "response_parts",
    metadata,
    Column("response_id", ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True),
    Column("last", Integer, primary_key=True),
    Column("events", LargeBinary, nullable=False),
)
"""The events so far of a response that is being made, some at a time, compressed by zlib. `last` is the number of the
last of them."""

conversations = Table(
    "conversations",
    metadata,
    Column("id", String, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False, index=True),
    Column("metadata", JSON, nullable=False),
)

conversation_items = Table(
    "conversation_items",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("item_id", String, nullable=False),
    Column("body", JSON, nullable=False),
    Index("ix_conversation_items_item", "conversation_id", "item_id", unique=True),
)

servers = Table(
    "servers",
    metadata,
    Column("name", String, primary_key=True),
    Column("seen_at", Float(53), nullable=False),
)
"""The servers that share this database, by their owners' names, and what one of them has to do: when each was last
there, or done, in the database's time."""
