"""Model files and running them: registry, library, fetching, sessions, tensors and decoding of outputs to boxes."""
