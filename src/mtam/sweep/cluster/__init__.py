"""SLURM: submission, tasks, the queue."""
