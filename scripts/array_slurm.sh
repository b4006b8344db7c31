#!/usr/bin/env bash
#SBATCH --array=0-7
#SBATCH --cpus-per-task=1
#SBATCH --signal=B:USR2@60
# A sweep as a job array of eight tasks; the packs of the sweep are shared among them by number.
# Submit it again as it is after a failure or a time limit: only what has no record is computed.
# Usage: sbatch scripts/array_slurm.sh   (edit the sweep, and the number of tasks above and below)
[ -n "${SLURM_ARRAY_TASK_ID:-}" ] || { echo "array_slurm.sh: this is no task of a SLURM job array; submit it with: sbatch scripts/array_slurm.sh" >&2; exit 2; }
exec mtam sweep alpha --launcher inline --task-id "$SLURM_ARRAY_TASK_ID" --num-tasks 8
