"""Simulated users: hidden taste, disclosure rules and choice, each with its own seed; nothing hidden leaks."""
