"""A URL in, Frames out; the only door to PyAV."""
