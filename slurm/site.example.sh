# What differs from site to site, in one file: copy it to slurm/site.sh and edit that.  The job scripts
# source it, and so may you before building and submitting:  . slurm/site.sh
# As it stands it is for a site whose packages are installed system-wide, and for CPUs.
# shellcheck shell=bash disable=SC2034

# Modules that bring Open MPI, HDF5 built with it, OpenBLAS, and the small libraries that README.md names
# (What it is built on).  The same for building and for running.  `module avail` shows the site's names.
# module load openmpi hdf5/parallel openblas libconfig
# For GPUs also CUDA (11.8 or newer) and cuDNN 9, with which the program must have been configured
# (README.md, Slurm, GPUs); if they are in folders of their own, for running too:
# module load cuda cudnn
# export LD_LIBRARY_PATH=/opt/cudnn/lib:$LD_LIBRARY_PATH

# Who pays, and where jobs run: what the site's pages call account (or project), partition (or queue)
# and quality of service.  sbatch reads these where this file was sourced before it; or give the options
# --account, --partition, --qos each time.
# export SBATCH_ACCOUNT=my-project SBATCH_PARTITION=batch SBATCH_QOS=normal

# The program; INVSET in the environment of sbatch names another.
INVSET=${INVSET:-${INVSET_HOME:-.}/build/invset}

# How Slurm starts MPI ranks here: `srun --mpi=list` shows what there is; Open MPI wants pmix.
# With --kill-on-bad-exit a rank that fails ends the others too, instead of leaving them waiting.
LAUNCH="srun --mpi=pmix --kill-on-bad-exit=1"

# Slurm 22.05 loses ranks of jobs on several nodes without this (its PMIx "tree" fence); other versions
# do not mind.
export SLURM_PMIX_FENCE=ring

# OpenBLAS: one thread a rank; the ranks share out the cores.
export OPENBLAS_NUM_THREADS=1

# OpenBLAS picks its kernels by the CPU, and kernels round differently: on a partition of mixed CPUs
# name the one that all have, so that a job that goes on elsewhere computes the same bits.
# export OPENBLAS_CORETYPE=Haswell

# GPUs.  Nothing to do on CPUs.  With `sbatch --gpus-per-task=1` each rank is given one GPU and sees no
# other: it is device 0 for each.  Where the site wants GPUs asked for by node (--gpus-per-node=4 or
# --gres=gpu:4, with --ntasks-per-node=4), this makes srun hand them out in the same way:
# LAUNCH="$LAUNCH --gpu-bind=single:1"
# Where a job sees all GPUs of its nodes whatever it asks, ranks take them in turn by their number within
# the node; give a node no more ranks than GPUs, or let several share one (they share its memory, too).

# Parallel file systems.  A run file is one file that all ranks write; how it is spread over a Lustre
# system's servers is decided when it is made, by its folder.  Once, before the first run:
#     mkdir -p out && lfs setstripe -c 8 -S 4M out       # -c: servers, as many as ranks, at most all
# MPI-IO's own hints of striping do nothing here, as rank 0 makes the file without MPI-IO.
#
# Which of Open MPI's two MPI-IO components writes; to try where the default one fails or crawls:
# export OMPI_MCA_io=romio321                            # or ompio
# romio321 reads hints from a file; blocks are written whole and by one rank each, and need no help:
# printf 'romio_ds_write disable\nromio_cb_write disable\n' >slurm/romio-hints
# export ROMIO_HINTS=$PWD/slurm/romio-hints
#
# Readers lock what they read.  invset needs no locks for that, but h5py, h5ls and analysis/ on a file
# system without them (some Lustre and NFS mounts: "unable to lock file") want:
# export HDF5_USE_FILE_LOCKING=FALSE
