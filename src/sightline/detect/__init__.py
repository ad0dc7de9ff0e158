"""Frames in, Detections out: one file per model family."""
