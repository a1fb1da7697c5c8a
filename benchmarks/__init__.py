"""Figures of the product: requests counted by the servers, never a verdict by a clock."""
