"""The five tasks of the LLM4Rec literature: ratings, sequential and direct choice, explanation, summary."""
