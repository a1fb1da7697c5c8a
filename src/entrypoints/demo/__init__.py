"""The demo: a made-up company, connected, configured, synced and checked."""
