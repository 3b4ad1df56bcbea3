#!/usr/bin/env bash
# Bring a small Slurm up on this host: one controller, two nodes, keys and state in a folder of its own.
#   eval "$(tests/cluster/up.sh [FOLDER])"     # sets SLURM_CONF and PATH
# Installs Debian's packages slurm-wlm and munge if they are missing (as root). /etc/slurm is not read or written.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${TMPDIR:-/tmp}/soak-cluster}

say() { echo "cluster: $*" >&2; }

if ! command -v slurmctld slurmd munged sbatch >/dev/null; then
    [ "$(id -u)" = 0 ] || { say "slurm-wlm and munge are not installed, and only root can install them"; exit 1; }
    say "installing slurm-wlm and munge"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends slurm-wlm munge; } >&2
fi
[ "$(id -u)" = 0 ] || { say "slurmd starts jobs as their users: run this as root"; exit 1; }

"$here/down.sh" "$folder"
mkdir -p "$folder"/{bin,munge,state,spool.soak1,spool.soak2}
chmod 755 "$folder" "$folder/munge"

free_ports() { # three ports that nobody listens on
    python3 - <<'PYTHON'
import socket
sockets = [socket.socket() for _ in range(3)]
for one in sockets:
    one.bind(("", 0))
print(*(one.getsockname()[1] for one in sockets))
PYTHON
}
read -r port port1 port2 < <(free_ports)
sed -e "s|@DIR@|$folder|; s|@HOST@|$(hostname -s)|; s|@PORT@|$port|; s|@PORT1@|$port1|; s|@PORT2@|$port2|" \
    "$here/slurm.conf.in" >"$folder/slurm.conf"
export SLURM_CONF=$folder/slurm.conf

# Snakemake's plugin starts srun inside a job without SLURM_CONF (it expects /etc/slurm/slurm.conf)
printf '#!/bin/sh\nSLURM_CONF=%s exec %s "$@"\n' "$SLURM_CONF" "$(command -v srun)" >"$folder/bin/srun"
chmod +x "$folder/bin/srun"

(umask 077 && head -c 128 /dev/urandom >"$folder/munge/key")
# --force: it would refuse a folder below /tmp, which others may write to
munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
    --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" >"$folder/munge/started" 2>&1 \
    || { cat "$folder/munge/started" >&2; exit 1; }
slurmctld -c >"$folder/started" 2>&1 || { cat "$folder/started" >&2; exit 1; }
for node in soak1 soak2; do
    slurmd -N "$node" -c >>"$folder/started" 2>&1 || { cat "$folder/started" >&2; exit 1; }
done

for _ in $(seq 60); do
    idle=$(sinfo --noheader --Node --states=idle --format=%N 2>/dev/null | sort -u | wc -l)
    [ "$idle" = 2 ] && {
        say "two nodes are idle"
        echo "export SLURM_CONF=$SLURM_CONF PATH=$folder/bin:\$PATH"
        exit 0
    }
    sleep 0.5
done
say "the nodes did not come up:"
{ sinfo; tail -n 20 "$folder"/*.log; } >&2
exit 1
