"""Protocols, named by role, that the adapters fulfil."""
