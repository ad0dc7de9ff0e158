"""Crops of a track in, Attributes out."""
