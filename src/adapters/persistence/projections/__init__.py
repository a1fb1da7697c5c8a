"""The views: rows made from the event log, and what a reader gets of them."""
