"""A Frame in, a Redacted picture out."""
