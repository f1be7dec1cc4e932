/** @file comm_mpi.h
 *  The MPI behind isn_comm_t: private to this room and to the store, whose HDF5 calls need the
 *  communicator.  A room that includes it names MPI::MPI_C under LIBRARIES.
 */
#ifndef INVSET_COMM_COMM_MPI_H
#define INVSET_COMM_COMM_MPI_H

#include <mpi.h>

#include "invset/comm.h"

/** Communicator of all ranks, for parallel HDF5.  Its errors are returned, not fatal.  Local.
 *  @return borrowed from comm */
MPI_Comm isn_comm_mpi(const isn_comm_t *comm);

/** Make an error "<what>: MPI says: <words>" for MPI's error code; use ISN_TRY_MPI.  Local.
 *  @return ISN_ERR_MPI */
isn_status_t isn_comm_mpi_error(int mpi_code, const char *what, const char *file, int line);

/** Return ISN_ERR_MPI if the MPI call fails.  `what` names the step ("broadcast of the weights").
 */
#define ISN_TRY_MPI(call, what)                                                                    \
  do {                                                                                             \
    int isn_try_mpi_ = (call);                                                                     \
    if (isn_try_mpi_ != MPI_SUCCESS) {                                                             \
      isn_comm_mpi_error(isn_try_mpi_, (what), __FILE__, __LINE__);                                \
      return ISN_ERR_MPI;                                                                          \
    }                                                                                              \
  } while (0)

/** As ISN_TRY_MPI, but set the local `status` and go to the clean-up label. */
#define ISN_TRY_MPI_GOTO(call, label, what)                                                        \
  do {                                                                                             \
    int isn_try_mpi_ = (call);                                                                     \
    if (isn_try_mpi_ != MPI_SUCCESS) {                                                             \
      isn_comm_mpi_error(isn_try_mpi_, (what), __FILE__, __LINE__);                                \
      status = ISN_ERR_MPI;                                                                        \
      goto label;                                                                                  \
    }                                                                                              \
  } while (0)

#endif
