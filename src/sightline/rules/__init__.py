"""Tracks in, events and counts out: one file per rule."""
