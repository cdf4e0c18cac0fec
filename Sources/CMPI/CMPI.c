#include "CMPI.h"

#include <dlfcn.h>
#include <stdio.h>

static _Thread_local char reason[512];

// Values of MPICH's interface, which its relatives share.
static const MPIHandle mpichWorld = 0x44000000;
static const MPIHandle mpichFloat = 0x4c00040a;
static const MPIHandle mpichByte = 0x4c00010d;

const char *mpi_load(const char *path, MPIFunctions *functions) {
  // Open MPI loads parts of itself, which look for its symbols among those of the program.
  void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    const char *why = dlerror();
    snprintf(reason, sizeof reason, "%s", why ? why : "dlopen failed");
    return reason;
  }
  const struct {
    const char *name;
    void *slot;
  } entries[] = {
      {"MPI_Get_library_version", &functions->getLibraryVersion},
      {"MPI_Init_thread", &functions->initialize},
      {"MPI_Finalize", &functions->finalize},
      {"MPI_Abort", &functions->abort},
      {"MPI_Comm_rank", &functions->getRank},
      {"MPI_Comm_size", &functions->getSize},
      {"MPI_Barrier", &functions->barrier},
      {"MPI_Bcast", &functions->broadcast},
      {"MPI_Allgatherv", &functions->gatherToAll},
      {"MPI_Alltoallv", &functions->allToAll},
  };
  for (size_t index = 0; index < sizeof entries / sizeof *entries; index++) {
    void *symbol = dlsym(library, entries[index].name);
    if (!symbol) {
      snprintf(reason, sizeof reason, "%s has no %s", path, entries[index].name);
      dlclose(library);
      return reason;
    }
    __builtin_memcpy(entries[index].slot, &symbol, sizeof symbol);
  }
  void *world = dlsym(library, "ompi_mpi_comm_world");
  void *floats = dlsym(library, "ompi_mpi_float");
  void *bytes = dlsym(library, "ompi_mpi_byte");
  // Else the interface is MPICH's.
  int isOpenMPI = world && floats && bytes;
  functions->world = isOpenMPI ? (MPIHandle)world : mpichWorld;
  functions->floats = isOpenMPI ? (MPIHandle)floats : mpichFloat;
  functions->bytes = isOpenMPI ? (MPIHandle)bytes : mpichByte;
  return NULL;
}
