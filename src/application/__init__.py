"""Use cases, one a module, and the ports through which they reach the world."""
