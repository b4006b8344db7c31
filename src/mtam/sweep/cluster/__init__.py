"""SLURM: submission, tasks, the queue; and executors of other schedulers."""
