# What the job scripts have in common; they source it: the site's settings, and running one step of
# invset that is told before the time limit and put back into the queue if it stopped early.
# Nothing here is to be edited: a site's settings are in slurm/site.sh.
# shellcheck shell=bash

# USR1 comes before the time limit (--signal=B:).  srun passes it on to all ranks; they finish their
# step, close the file and exit with 75.  Handlers have builtins only: another signal may come
# while they run, and Slurm sends some to every process.
told=${told:-} step=''
trap 'told=1; echo "told to stop"; [ -z "$step" ] || kill -USR1 "$step"' USR1

refuse() { # refuse WORDS: what the user has to mend, with the exit code for that
    echo "$*" >&2
    exit 2
}

# A task of an array has a name of its own; by the array's number all tasks would be meant.
job=$SLURM_JOB_ID
[ -z "${SLURM_ARRAY_TASK_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID

site=${INVSET_SITE:-$INVSET_HOME/slurm/site.sh}
[ -n "${INVSET_SITE:-}" ] || [ -f "$site" ] || site=$INVSET_HOME/slurm/site.example.sh
[ -r "$site" ] || refuse "cannot read the site file '$site' from $PWD: let INVSET_SITE name it"
# shellcheck source=slurm/site.example.sh
. "$site" || refuse "the site file '$site' failed"
command -v "$INVSET" >/dev/null || refuse "there is no program '$INVSET' (from $PWD): build it, or let INVSET name it"
echo "job $job, restart ${SLURM_RESTART_COUNT:-0}, on $SLURM_JOB_NODELIST"

run_step() { # run_step VERB ARGS...: does not return
    local status
    # LAUNCH falls apart into words.
    # shellcheck disable=SC2086
    $LAUNCH "$INVSET" "$@" &
    step=$!
    [ -z "$told" ] || kill -USR1 "$step"
    # wait returns early when a signal is handled, and tells the step's status as often as asked.
    while kill -0 "$step" 2>/dev/null; do wait "$step"; done
    wait "$step"
    status=$?
    # 75: stopped early and resumable.  So is a step that the signal ended before it listened (above
    # 128).  Back into the queue, with the same command.
    if [ "$status" -eq 75 ] || { [ -n "$told" ] && [ "$status" -gt 128 ]; }; then
        echo "stopped early: requeueing job $job (restart ${SLURM_RESTART_COUNT:-0})"
        if scontrol requeue "$job"; then
            sleep 60 # until Slurm takes this attempt away
        else
            echo "job $job may not requeue itself here: submit it again, with the same command"
        fi
    fi
    exit "$status"
}
