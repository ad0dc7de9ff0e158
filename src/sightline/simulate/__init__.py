"""Drawn streets with known truth."""
