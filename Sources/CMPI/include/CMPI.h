#ifndef SLUICE_CMPI_H
#define SLUICE_CMPI_H

// The part of MPI that Sluice calls, and a table of its functions that is filled at run time. Nothing
// links against an MPI: a binary starts where there is none, and runs under Open MPI and under MPICH
// and its relatives alike.
//
// Names and constants are those of the MPI standard and of the two libraries' published interfaces.

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A communicator or a datatype: an address in Open MPI, an int in MPICH. An int that is handed over in
/// a register of 64 bits arrives as what it is on every processor that Swift compiles for on Linux.
typedef intptr_t MPIHandle;

enum : int {
  MPI_SUCCEEDED = 0,
  /// Only the thread that set MPI up calls it.
  MPI_FUNNELED = 1,
  /// Bytes that hold any library's description of itself.
  MPI_LONGEST_DESCRIPTION = 8192,
};

typedef struct {
  /// MPI_COMM_WORLD, MPI_FLOAT and MPI_BYTE of this library.
  MPIHandle world;
  MPIHandle floats;
  MPIHandle bytes;

  int (*getLibraryVersion)(char *text, int *count);
  int (*initialize)(
      int *_Nullable argumentCount, char *_Nullable *_Nullable *_Nullable arguments, int wanted,
      int *provided);
  int (*finalize)(void);
  int (*abort)(MPIHandle communicator, int status);
  int (*getRank)(MPIHandle communicator, int *rank);
  int (*getSize)(MPIHandle communicator, int *size);
  int (*barrier)(MPIHandle communicator);
  int (*broadcast)(
      void *values, int count, MPIHandle type, int root, MPIHandle communicator);
  int (*gatherToAll)(
      const void *sent, int sentCount, MPIHandle sentType, void *received, const int *counts,
      const int *offsets, MPIHandle receivedType, MPIHandle communicator);
  int (*allToAll)(
      const void *sent, const int *sentCounts, const int *sentOffsets, MPIHandle sentType,
      void *received, const int *counts, const int *offsets, MPIHandle receivedType,
      MPIHandle communicator);
} MPIFunctions;

/// Loads the library at `path` and fills the table; MPI is not yet set up then.
///
/// - Returns: null where that is done; otherwise why it cannot be, a string that stays for the
///   lifetime of the thread's next call. The library is never unloaded.
const char *_Nullable mpi_load(const char *path, MPIFunctions *functions);

#pragma clang assume_nonnull end

#endif
