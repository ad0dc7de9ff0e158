"""Readers and writers of standard files."""
