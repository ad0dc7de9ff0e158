"""Model files, inference sessions and the decoding of outputs to boxes; the only door to OpenVINO."""
