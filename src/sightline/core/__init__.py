"""Values, geometry, clock and errors: numpy only, no input or output."""
