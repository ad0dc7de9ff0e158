"""The measures every claim rests on."""
