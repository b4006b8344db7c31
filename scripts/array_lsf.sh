#!/usr/bin/env bash
#BSUB -J "mtam[1-8]"
#BSUB -n 1
# A sweep as a job array of eight tasks; the packs of the sweep are shared among them by number.
# Submit it again as it is after a failure or a time limit: only what has no record is computed.
# Usage: bsub < scripts/array_lsf.sh   (edit the sweep, and the number of tasks above and below)
# LSF counts from 1, and says 0 outside an array.
[ "${LSB_JOBINDEX:-0}" -gt 0 ] || { echo "array_lsf.sh: this is no task of an LSF job array; submit it with: bsub < scripts/array_lsf.sh" >&2; exit 2; }
exec mtam sweep alpha --launcher inline --task-id "$((LSB_JOBINDEX - 1))" --num-tasks 8
