"""Pages for people with a browser, rendered here and complete without scripts."""
