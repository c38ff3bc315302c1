"""Judges of conversations, and how far each agrees with people."""
