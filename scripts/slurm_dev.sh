#!/usr/bin/env bash
# A real SLURM of one node on this machine, for tests and for trying things out: munged, slurmctld and slurmd from
# Debian's packages, on the loopback, without systemd and without accounting, with all state in one private folder.
#
#   eval "$(scripts/slurm_dev.sh up)"      start it and point this shell's sbatch, squeue, .. at it (about one second)
#   scripts/slurm_dev.sh down              stop what it started, and nothing else
#
# Packages: apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge
# MTAM_SLURM_DEV names the private folder (default: one per user in /tmp). Partitions: dev, and urgent, whose jobs
# preempt those of dev. The node has one GPU in name only.
set -u
PATH=$PATH:/usr/sbin:/sbin
state=${MTAM_SLURM_DEV:-${TMPDIR:-/tmp}/mtam-slurm-dev-$(id -u)}
state=$(realpath -m "$state")
conf=$state/slurm.conf
mark=$state/.mtam-slurm-dev
me=$(id -un)
host=$(hostname -s)

fail() { echo "slurm_dev: $1" >&2; exit "${2:-1}"; }

# pid_of NAME: the process that `up` started under this name, if it still lives and is still that program.
pid_of() {
  local pid
  pid=$(cat "$state/$1.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && grep -qzF -- "$state" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

# stop NAME: SIGTERM, and SIGKILL after five seconds. (A zombie has no command line, so pid_of takes it for ended.)
stop() {
  local pid
  pid=$(pid_of "$1") || return 0
  kill "$pid" 2>/dev/null
  for _ in $(seq 100); do pid_of "$1" >/dev/null || return 0; sleep 0.05; done
  kill -9 "$pid" 2>/dev/null
}

# ports N: so many free ports of the loopback.
ports() {
  python3 - "$1" <<'PY'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in held:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in held))
PY
}

configure() {
  local ctld_port d_port cpus memory
  read -r ctld_port d_port <<<"$(ports 2)"
  [ -n "${d_port:-}" ] || fail "no free ports (is python3 there?)"
  cpus=$(nproc)
  [ "$cpus" -ge 4 ] || cpus=4  # an array is worth a look only where several tasks run at once; SLURM is told so
  memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)
  cat >"$conf" <<EOF
ClusterName=mtamdev
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$ctld_port
SlurmdPort=$d_port
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$state/munge/socket,cred_expire=5
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/slurmd
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
ReturnToService=2
JobRequeue=1
KillWait=5
MinJobAge=300
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,batch_sched_delay=0,bf_interval=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$memory Gres=gpu:1 State=UNKNOWN
PartitionName=dev Nodes=$host Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=$host MaxTime=INFINITE State=UP PriorityTier=10
EOF
  echo "Name=gpu File=/dev/null" >"$state/gres.conf"  # so that asking for a GPU can be tried
}

up() {
  for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || fail "$program is not installed; on Debian and Ubuntu: apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge" 2
  done
  if pid_of slurmctld >/dev/null && pid_of slurmd >/dev/null; then
    echo "export SLURM_CONF=$conf"
    echo "slurm_dev: already up in $state" >&2
    return
  fi
  if [ -e "$state" ]; then
    [ -e "$mark" ] || fail "$state is there and is not a folder of this script; choose another with MTAM_SLURM_DEV" 2
    down
  fi
  mkdir -p "$state/munge" "$state/ctld" "$state/slurmd" && touch "$mark" || fail "$state cannot be written"
  chmod 755 "$state" "$state/munge" && chmod 700 "$state/ctld"
  ( umask 077 && head -c 1024 /dev/urandom >"$state/munge.key" )
  configure
  munged --force --key-file="$state/munge.key" --socket="$state/munge/socket" --pid-file="$state/munged.pid" \
    --log-file="$state/munged.log" --seed-file="$state/munge.seed" >&2 || fail "munged did not start: $(tail -1 "$state/munged.log")"
  export SLURM_CONF=$conf
  slurmctld -f "$conf" >&2 || { down; fail "slurmctld did not start"; }
  slurmd -f "$conf" -N "$host" >&2 || { down; fail "slurmd did not start"; }
  for _ in $(seq 100); do
    if timeout 2 sinfo -h -p dev -t idle -o %n 2>/dev/null | grep -q .; then
      echo "export SLURM_CONF=$conf"
      echo "slurm_dev: up in $state; stop it with scripts/slurm_dev.sh down" >&2
      return
    fi
    sleep 0.1
  done
  tail -3 "$state/slurmctld.log" "$state/slurmd.log" >&2
  down
  fail "the node did not become idle within ten seconds"
}

down() {
  [ -e "$mark" ] || { echo "slurm_dev: nothing of this script in $state" >&2; return; }
  export SLURM_CONF=$conf
  if pid_of slurmctld >/dev/null; then
    timeout 5 scancel -u "$me" 2>/dev/null
    for _ in $(seq 80); do
      [ -n "$(timeout 5 squeue -h 2>/dev/null)" ] || break
      sleep 0.1
    done
  fi
  stop slurmd
  stop slurmctld
  stop munged
  # What is left of jobs: their step daemons carry this node's spool folder in their open files, not in their names.
  for step in /proc/[0-9]*; do
    [ "$(cat "$step/comm" 2>/dev/null)" = slurmstepd ] || continue
    { tr '\0' '\n' <"$step/environ" | grep -qxF "SLURM_CONF=$conf" && kill -9 "${step#/proc/}"; } 2>/dev/null
  done
  rm -rf "$state"
  echo "slurm_dev: down" >&2
}

case "${1:-}" in
  up) up ;;
  down) down ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
