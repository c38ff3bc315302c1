"""Teaching a language model Parley's jobs: examples, LoRA training, preference training, export to GGUF."""
