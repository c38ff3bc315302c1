"""What a tuned model learned, role by role, beside the untuned model and what runs without a model."""
