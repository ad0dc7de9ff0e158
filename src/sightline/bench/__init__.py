"""The benchmarks behind `sightline bench`."""
