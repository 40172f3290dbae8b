"""What is kept between requests: stored responses and conversations, in SQLite or PostgreSQL.

SQLAlchemy and Alembic are imported when the state is first used, so a server that is asked for neither pays nothing.
"""
