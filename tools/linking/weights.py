"""Weights of the evidence that a phrase is meant as a title (see `cues.py`)."""

from __future__ import annotations

TITLE_WEIGHTS: dict[str, float] = {
    "bias": -9.0, "rarest": 0.8, "surprise": 0.25, "words": 0.3, "article": 0.5, "inner_capital": 3.0,
    "first_capital": 0.5, "lower_among_capitals": -1.5, "quoted": 4.0, "year": 4.0, "cue": 1.8, "near_cue": 0.5,
    "list_mate": 2.5, "break_left": 0.3, "break_right": 1.5, "determiner_left": -2.0, "whole": 3.0, "edits": -6.0,
    "weight": 1.0, "number_only": -1.0, "capital_right": -2.5, "lower_plain": -0.3, "number_right": -4.0,
    "year_wrong": -5.0, "short_form": -0.5,
}  # fmt: skip
