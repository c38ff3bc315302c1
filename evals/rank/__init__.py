"""Rankers over 20 candidates: how good, how steady, how fond of the famous, and at what price."""
