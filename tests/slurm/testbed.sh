#!/bin/bash
# A private Slurm of two virtual nodes on one machine, for tests: munged, slurmctld, two slurmd.
#   testbed.sh missing                what this machine lacks for it; exit 0 if nothing
#   testbed.sh up DIR [PID]           start it in a new folder DIR; it ends with process PID
#   testbed.sh env DIR                the environment to submit jobs with, NAME=VALUE
#   testbed.sh wait DIR JOB SECONDS   until the job, or all tasks of the array, have ended; 0 if all
#                                     completed, 1 if not, 124 too late
#   testbed.sh down DIR               stop everything; logs stay
# Cut down from the project's slurm-testbed.sh.  It knows nothing of invset, and needs no systemd,
# database or name service.  All traffic is on 127.0.0.1 and on unix sockets.
#
# As root each node gets a host name and a /dev/shm of its own (UTS and mount namespaces), so that MPI
# sees two hosts.  Where that is not permitted both nodes have the machine's name ("plain").
set -u
umask 022
PATH=$PATH:/usr/sbin:/sbin
VERB=${1:-} DIR=${2:-}
NODES="node1 node2"
CPUS=8 # of each node; may exceed the real number
GPUS=2 # of each node, made up: links to /dev/null
KILL_WAIT=5

# A surrounding allocation's settings must not leak in.
for name in $(compgen -e | grep -E '^(SLURM|SLURMD|SBATCH|SRUN|SQUEUE|SCANCEL)_'); do unset "$name"; done

die() {
    echo "testbed.sh: $*" >&2
    exit 1
}

# ---------------------------------------------------------------- configuration

first_free_port() { # of three
    local used p
    used=" $(awk '$1 ~ /:$/ {n = split($2, a, ":"); print a[n]}' /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        sort -u | tr '\n' ' ')"
    for ((p = 20000 + $$ % 1000 * 10; p < 32000; p += 10)); do
        [[ $used == *" $(printf %04X "$p") "* || $used == *" $(printf %04X $((p + 1))) "* ||
            $used == *" $(printf %04X $((p + 2))) "* ]] || break
    done
    echo "$p"
}

# Daemons listen only where their host's name points, which is safe if that is 127.0.0.1.
listen_local() { echo "CommunicationParameters=${ipv6:+$ipv6,}NoCtldInAddrAny,NoInAddrAny"; }

write_conf() { # write_conf PORT
    local node host port=$1 ipv6='' i
    host=$(hostname)
    # Without any address but 127.0.0.1 the C library finds no name for Slurm unless IPv6 is on.
    getent ahostsv4 127.0.0.1 >/dev/null || ipv6=EnableIPv6
    for ((i = 0; i < GPUS; i++)); do ln -s /dev/null "$DIR/gpu$i"; done
    printf 'AutoDetect=off\nName=gpu File=%s\n' "$DIR/gpu[0-$((GPUS - 1))]" >"$DIR/gres.conf"
    cat >"$DIR/common.conf" <<END
ClusterName=testbed
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
CredType=cred/munge
# Credentials that expire early: a requeued job starts after 6 s, not after 121.
AuthInfo=socket=$DIR/munge.socket,cred_expire=5
StateSaveLocation=$DIR/state
SlurmdSpoolDir=$DIR/%n/spool
TmpFS=$DIR/%n/tmp
SlurmctldPidFile=$DIR/slurmctld.pid
SlurmdPidFile=$DIR/slurmd-%n.pid
SlurmctldLogFile=$DIR/log/slurmctld.log
SlurmdLogFile=$DIR/log/slurmd-%n.log
MailProg=/bin/true
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
SlurmdParameters=config_overrides
GresTypes=gpu
PropagateResourceLimitsExcept=MEMLOCK
ReturnToService=2
JobRequeue=1
KillWait=$KILL_WAIT
MinJobAge=3600
SlurmdTimeout=60
END
    for node in $NODES; do
        [ "$mode" = plain ] || host=$node
        port=$((port + 1))
        echo "NodeName=$node NodeHostname=${host%%.*} NodeAddr=127.0.0.1 Port=$port CoresPerSocket=$CPUS" \
            "RealMemory=64000 Gres=gpu:$GPUS State=UNKNOWN" >>"$DIR/common.conf"
        mkdir -p "$DIR/$node/spool"
        mkdir -m 1777 "$DIR/$node/tmp"
    done
    echo "PartitionName=debug Nodes=ALL Default=YES State=UP" >>"$DIR/common.conf"
    # Commands and daemons: their own host's name may be 127.0.0.1 or not.
    echo "include $DIR/common.conf" | tee "$DIR/daemons.conf" >"$DIR/slurm.conf"
    if [ "$(getent ahosts "$(hostname)" | awk '{print $1}' | sort -u)" = 127.0.0.1 ]; then
        listen_local >>"$DIR/slurm.conf"
    elif [ -n "$ipv6" ]; then
        echo "CommunicationParameters=$ipv6" >>"$DIR/slurm.conf"
    fi
    if [ "$mode" = plain ]; then cp "$DIR/slurm.conf" "$DIR/daemons.conf"; else listen_local >>"$DIR/daemons.conf"; fi
    { echo "127.0.0.1 localhost $NODES" && cat /etc/hosts; } >"$DIR/hosts"
}

# ---------------------------------------------------------------- processes

# shellcheck disable=SC2016 # sh expands it
NEW_HOST='set -e
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
hostname "$1"
[ -z "$2" ] || mount --bind "$2" /etc/hosts
shift 2
exec "$@"'
new_host() { unshare --uts --mount --propagation slave -- sh -c "$NEW_HOST" sh "$@"; }

# start HOST COMMAND...: a daemon, on a host of that name where that is possible.  It keeps no
# descriptor of ours, else whoever reads our output would wait for its end.
start() {
    local host=$1
    shift
    [ "$mode" = plain ] || set -- new_host "$host" "$DIR/hosts" "$@"
    "$@" </dev/null >>"$DIR/log/start.log" 2>&1
}

# Ours are the processes that have the daemons' configuration in their environment, also those that
# left their parent, and those in the nodes' namespaces.
ours() {
    local spaces
    grep -lzxF "SLURM_CONF=$DIR/daemons.conf" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 >"$DIR/pids"
    if [ "$mode" != plain ]; then
        spaces=$(sed 's|.*|/proc/&/ns/mnt|' "$DIR/pids" | xargs -r readlink | sort -u |
            grep -vxF "$(readlink /proc/self/ns/mnt)")
        find /proc/[0-9]*/ns/mnt -maxdepth 0 -printf '%l %p\n' 2>/dev/null |
            grep -F "${spaces:-none}" | cut -d/ -f3 >>"$DIR/pids"
    fi
    sort -u "$DIR/pids" | while read -r pid; do # zombies are gone
        grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null || echo "$pid"
    done
}

idle_nodes() { SLURM_CONF=$DIR/slurm.conf timeout 5 sinfo -h -N -o %T 2>/dev/null | grep -cx idle; }

show_logs() { grep -aiE 'error|fatal|failed' "$DIR"/log/* | tail -n 20 >&2; }

# ---------------------------------------------------------------- verbs

missing() {
    local command names=''
    for command in sbatch srun scontrol slurmctld slurmd munged unshare; do
        command -v "$command" >/dev/null || names="$names $command"
    done
    if [ -n "$names" ]; then
        echo "not installed:$names (Debian: apt-get install slurm-wlm munge)"
        return 1
    fi
    # slurmd looks for it when it starts, although nothing here is put into a cgroup.
    if ! grep -q ' /sys/fs/cgroup' /proc/self/mounts; then
        echo "nothing is mounted on /sys/fs/cgroup, without which slurmd does not start"
        return 1
    fi
}

load() {
    [ -f "$DIR/mode" ] || die "no testbed in '$DIR'"
    mode=$(cat "$DIR/mode")
}

up() { # up [PID]
    local port node i
    missing >&2 || exit 77
    [ ${#DIR} -le 60 ] || die "'$DIR' is too long a name for unix sockets"
    [[ $DIR == /* && ! -e $DIR/mode ]] || die "'$DIR' is not absolute, or has had a testbed"
    { mkdir -p "$DIR/log" && mkdir -m 700 "$DIR/state" "$DIR/munge"; } || die "cannot make '$DIR'"
    chmod 755 "$DIR" # munge wants that
    mode=plain
    [ "$(id -u)" -eq 0 ] && new_host probe '' true 2>/dev/null && mode=hosts
    echo $mode >"$DIR/mode"
    if [ -n "${1:-}" ]; then
        setsid "$0" guard "$DIR" "$1" </dev/null >/dev/null 2>&1 &
    fi
    port=$(first_free_port)
    write_conf "$port"
    (umask 077 && head -c 1024 /dev/urandom >"$DIR/munge/key")
    export SLURM_CONF=$DIR/daemons.conf
    munged --key-file="$DIR/munge/key" --socket="$DIR/munge.socket" --pid-file="$DIR/munged.pid" \
        --log-file="$DIR/log/munged.log" --seed-file="$DIR/munge/seed" --origin=127.0.0.1 \
        </dev/null >"$DIR/log/start.log" 2>&1 && start localhost slurmctld -c
    for node in $NODES; do start "$node" slurmd -N "$node"; done
    for ((i = 0; i < 600; i++)); do
        [ "$(idle_nodes)" -ne 2 ] || return 0
        sleep 0.05
    done
    show_logs
    down
    die "Slurm did not come up; logs are in $DIR/log"
}

guard() { # guard PID: whatever ends PID, SIGKILL included, ends the testbed
    load
    while kill -0 "$1" 2>/dev/null && [ -f "$DIR/mode" ]; do sleep 0.2; done
    [ ! -f "$DIR/mode" ] || down
}

print_env() {
    load
    echo "SLURM_CONF=$DIR/slurm.conf"
    # Open MPI leaves the loopback out unless told; many ranks share few cores.
    printf 'OMPI_MCA_%s\n' btl_tcp_if_include=lo oob_tcp_if_include=lo mpi_yield_when_idle=1 \
        hwloc_base_binding_policy=none btl_vader_single_copy_mechanism=none
    # It names shared memory by host: two nodes of one name must not use it.
    [ "$mode" != plain ] || printf 'OMPI_MCA_%s\n' btl=self,tcp osc=^sm,ucx,pt2pt
}

wait_job() { # wait_job JOB SECONDS
    local states end=$((SECONDS + $2))
    export SLURM_CONF=$DIR/slurm.conf
    while :; do
        states=$(timeout 10 scontrol -o show job "$1" | grep -o 'JobState=[A-Z_]*') || exit 1
        grep -qE '=(PENDING|RUNNING|COMPLETING|CONFIGURING|REQUEUED)$' <<<"$states" || break
        [ $SECONDS -lt "$end" ] || return 124
        sleep 0.2
    done
    ! grep -qvx JobState=COMPLETED <<<"$states"
}

down() {
    local i signal=TERM
    unset SLURM_CONF # else the commands below would count as ours
    load
    SLURM_CONF=$DIR/slurm.conf timeout 5 scancel --user "$(id -un)" 2>/dev/null
    for ((i = 0; i < 10; i++)); do # jobs end before daemons do
        [ -n "$(SLURM_CONF=$DIR/slurm.conf timeout 5 squeue -h 2>/dev/null)" ] || break
        sleep 0.1
    done
    for ((i = 0; i < 100; i++)); do
        # shellcheck disable=SC2046 # numbers
        set -- $(ours)
        [ $# -gt 0 ] || break
        [ $i -lt 30 ] || signal=KILL
        kill -$signal "$@" 2>/dev/null
        sleep 0.1
    done
    rm -f "$DIR/mode"
    [ $# -eq 0 ] || die "processes that do not end: $*"
}

case $VERB in
    missing) missing ;;
    up) up "${3:-}" ;;
    guard) guard "$3" ;;
    env) print_env ;;
    wait) wait_job "$3" "$4" ;;
    down) down ;;
    *) die "no such verb '$VERB'; the file's head lists them" ;;
esac
