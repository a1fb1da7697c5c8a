"""The event store, the operational tables and their schema, on SQLite or PostgreSQL."""
