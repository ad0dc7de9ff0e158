"""Detections of a camera in, track ids out; all cameras of a worker in one call."""
