#!/usr/bin/env bash
#PBS -J 0-7
#PBS -l select=1:ncpus=1
# A sweep as a job array of eight tasks; the packs of the sweep are shared among them by number.
# Submit it again as it is after a failure or a time limit: only what has no record is computed.
# Usage: qsub -V scripts/array_pbs.sh   (edit the sweep, and the number of tasks above and below)
# Torque: "#PBS -t 0-7" and "#PBS -l nodes=1:ppn=1" instead of the lines above.
task=${PBS_ARRAY_INDEX:-${PBS_ARRAYID:-}}
[ -n "$task" ] || { echo "array_pbs.sh: this is no task of a PBS job array; submit it with: qsub -V scripts/array_pbs.sh" >&2; exit 2; }
cd "$PBS_O_WORKDIR" || exit 1
exec mtam sweep alpha --launcher inline --task-id "$task" --num-tasks 8
