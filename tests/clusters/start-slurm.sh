#!/bin/sh
# Starts a Slurm cluster of this machine alone, for tests, until it is told to stop. It needs root, and Debian's packages
# slurm-wlm and munge:
#   start-slurm.sh FOLDER; export SLURM_CONF=FOLDER/slurm.conf; ...; start-slurm.sh FOLDER stop
set -eu
folder=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
export SLURM_CONF="$folder/slurm.conf"

if [ "${2:-}" = stop ]; then
    scancel --me
    for wait in $(seq 20); do
        [ -n "$(squeue --noheader)" ] || break
        sleep 0.5
    done
    for name in slurmd slurmctld munged; do
        [ ! -e "$folder/$name.pid" ] || kill "$(cat "$folder/$name.pid")" || true
    done
    exit
fi

mkdir -p "$folder/state" "$folder/spool"
sed -e "s|@HOST@|$(hostname -s)|" -e "s|@FOLDER@|$folder|" "$here/slurm.conf" >"$SLURM_CONF"
(umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --seed-file="$folder/munge.seed" --log-file="$folder/munged.log"
slurmctld
slurmd -N node
for wait in $(seq 60); do
    [ -z "$(sinfo --noheader --states=idle --format=%N)" ] || exit 0
    sleep 0.5
done
echo "start-slurm.sh: the node does not come up, see $folder" >&2
exit 1
