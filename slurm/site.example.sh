# What differs from site to site, in one file: copy it to slurm/site.sh and edit that.
# The job scripts source it.

# Modules that bring Open MPI, parallel HDF5, OpenBLAS, libconfig and libpng, as they were loaded when
# invset was built.  Nothing to do where these are installed system-wide.
# module load openmpi hdf5/parallel openblas libconfig

# The program; INVSET in the environment of sbatch names another.
INVSET=${INVSET:-build/invset}

# How Slurm starts MPI ranks here: `srun --mpi=list` shows what there is; Open MPI wants pmix.
LAUNCH="srun --mpi=pmix --kill-on-bad-exit=1"

# Slurm 22.05 loses ranks of jobs on several nodes without this (its PMIx "tree" fence); other versions
# do not mind.
export SLURM_PMIX_FENCE=ring

# OpenBLAS: one thread a rank; the ranks share out the cores.
export OPENBLAS_NUM_THREADS=1
