#!/usr/bin/env bash
# End the Slurm that up.sh started in a folder, with its jobs, and remove the folder.
set -euo pipefail
folder=${1:-${TMPDIR:-/tmp}/soak-cluster}
[ -e "$folder/slurm.conf" ] || exit 0
export SLURM_CONF=$folder/slurm.conf

running() { # whether the process of a pid file lives, and is what its name says
    [ -s "$1" ] && grep -qs "$2" "/proc/$(cat "$1")/comm"
}

scancel --user=root >/dev/null 2>&1 || true
sleep 1
for pair in slurmd.soak1.pid:slurmd slurmd.soak2.pid:slurmd slurmctld.pid:slurmctld munge/pid:munged; do
    file=$folder/${pair%:*} name=${pair#*:}
    running "$file" "$name" || continue
    process=$(cat "$file")
    kill "$process" 2>/dev/null || true
    for _ in $(seq 50); do
        kill -0 "$process" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$process" 2>/dev/null || true
done
rm -rf "$folder"
