"""Alembic's environment and the migrations, in the order in which they were added."""
