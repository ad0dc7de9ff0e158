"""The commands; the only place that wires parts together."""
