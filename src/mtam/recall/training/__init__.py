"""Training many members at once: AdamW, batches, checkpoints."""
