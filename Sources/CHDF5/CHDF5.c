// For dlfcn.h and signal.h, which C alone does not have.
#define _GNU_SOURCE

#include "CHDF5.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Thread_local char reason[512];

typedef struct {
  const char *name;
  void *slot;
} Entry;

/// The address of a symbol, into `slot`; null where there is none.
static void *find(void *library, const Entry *entry) {
  void *symbol = dlsym(library, entry->name);
  __builtin_memcpy(entry->slot, &symbol, sizeof symbol);
  return symbol;
}

static const char *missing(void *library, const char *path, const char *name) {
  snprintf(reason, sizeof reason, "%s has no %s", path, name);
  dlclose(library);
  return reason;
}

const char *hdf5_load(const char *path, HDF5Functions *functions) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    snprintf(reason, sizeof reason, "%s", why ? why : "dlopen failed");
    return reason;
  }
  const Entry entries[] = {
      {"H5open", &functions->open},
      {"H5get_libversion", &functions->getLibraryVersion},
      {"H5Eset_auto2", &functions->setAutomaticErrors},
      {"H5free_memory", &functions->freeMemory},
      {"H5Pcreate", &functions->createProperties},
      {"H5Pclose", &functions->closeProperties},
      {"H5Pset_fapl_core", &functions->setCoreDriver},
      {"H5Pset_file_image", &functions->setFileImage},
      {"H5Pset_obj_track_times", &functions->setTracksTimes},
      {"H5Fopen", &functions->openFile},
      {"H5Fcreate", &functions->createFile},
      {"H5Fflush", &functions->flushFile},
      {"H5Fget_file_image", &functions->getFileImage},
      {"H5Fclose", &functions->closeFile},
      {"H5Gcreate2", &functions->createGroup},
      {"H5Gclose", &functions->closeGroup},
      {"H5Gget_info", &functions->getGroupInfo},
      {"H5Lget_name_by_idx", &functions->getLinkName},
      {"H5Lexists", &functions->linkExists},
      {"H5Oopen", &functions->openObject},
      {"H5Oclose", &functions->closeObject},
      {"H5Iget_type", &functions->getIdentifierType},
      {"H5Dcreate2", &functions->createDataset},
      {"H5Dget_space", &functions->getDatasetSpace},
      {"H5Dget_type", &functions->getDatasetType},
      {"H5Dread", &functions->readDataset},
      {"H5Dwrite", &functions->writeDataset},
      {"H5Dclose", &functions->closeDataset},
      {"H5Aexists", &functions->attributeExists},
      {"H5Aopen", &functions->openAttribute},
      {"H5Aget_space", &functions->getAttributeSpace},
      {"H5Aget_type", &functions->getAttributeType},
      {"H5Aread", &functions->readAttribute},
      {"H5Aclose", &functions->closeAttribute},
      {"H5Screate_simple", &functions->createSpace},
      {"H5Sget_simple_extent_ndims", &functions->getRank},
      {"H5Sget_simple_extent_dims", &functions->getExtents},
      {"H5Sclose", &functions->closeSpace},
      {"H5Tget_class", &functions->getTypeClass},
      {"H5Tget_size", &functions->getTypeSize},
      {"H5Tis_variable_str", &functions->isVariableString},
      {"H5Tcopy", &functions->copyType},
      {"H5Tset_size", &functions->setTypeSize},
      {"H5Tset_cset", &functions->setCharacterSet},
      {"H5Tget_cset", &functions->getCharacterSet},
      {"H5Tclose", &functions->closeType},
  };
  for (size_t index = 0; index < sizeof entries / sizeof *entries; index++) {
    if (!find(library, &entries[index])) return missing(library, path, entries[index].name);
  }
  unsigned major = 0, minor = 0, release = 0;
  if (functions->open() < 0 || functions->getLibraryVersion(&major, &minor, &release) < 0) {
    snprintf(reason, sizeof reason, "%s cannot be started", path);
    return reason;
  }
  // Identifiers have 64 bits from 1.10 on.
  if (major < 1 || (major == 1 && minor < 10)) {
    snprintf(
        reason, sizeof reason, "%s is version %u.%u.%u, and 1.10 is needed", path, major, minor,
        release);
    return reason;
  }
  functions->setAutomaticErrors(H5E_DEFAULT, NULL, NULL);
  const struct {
    const char *name;
    hid_t *value;
  } values[] = {
      {"H5T_IEEE_F32LE_g", &functions->float32},
      {"H5T_NATIVE_FLOAT_g", &functions->nativeFloat},
      {"H5T_C_S1_g", &functions->characters},
      {"H5P_CLS_FILE_ACCESS_ID_g", &functions->fileAccess},
      {"H5P_CLS_FILE_CREATE_ID_g", &functions->fileCreation},
      {"H5P_CLS_GROUP_CREATE_ID_g", &functions->groupCreation},
      {"H5P_CLS_DATASET_CREATE_ID_g", &functions->datasetCreation},
  };
  for (size_t index = 0; index < sizeof values / sizeof *values; index++) {
    hid_t *symbol = dlsym(library, values[index].name);
    if (!symbol) return missing(library, path, values[index].name);
    *values[index].value = *symbol;
  }
  const Entry optional[] = {
      {"inflateInit2_", &functions->inflateInit},
      {"inflate", &functions->inflate},
      {"inflateEnd", &functions->inflateEnd},
  };
  for (size_t index = 0; index < sizeof optional / sizeof *optional; index++) {
    find(library, &optional[index]);
  }
  return NULL;
}

/// zlib's z_stream.
typedef struct {
  const uint8_t *input;
  unsigned inputCount;
  unsigned long inputTotal;
  uint8_t *output;
  unsigned outputCount;
  unsigned long outputTotal;
  const char *message;
  void *state;
  void *allocate;
  void *free;
  void *opaque;
  int dataType;
  unsigned long checksum;
  unsigned long reserved;
} Stream;

int hdf5_inflate(
    const HDF5Functions *functions, const uint8_t *source, size_t sourceCount, uint8_t *target,
    size_t targetCount) {
  enum { Z_FINISH = 4, Z_STREAM_END = 1, RAW = -15 };
  if (!functions->inflateInit || !functions->inflate || !functions->inflateEnd) return 2;
  // zlib counts with 32 bits.
  if (sourceCount > 0xFFFFFFFFu || targetCount > 0xFFFFFFFFu) return 1;
  Stream stream = {
      .input = source,
      .inputCount = (unsigned)sourceCount,
      .output = target,
      .outputCount = (unsigned)targetCount,
  };
  if (functions->inflateInit(&stream, RAW, "1", sizeof stream) != 0) return 2;
  int status = functions->inflate(&stream, Z_FINISH);
  functions->inflateEnd(&stream);
  return status == Z_STREAM_END && stream.outputCount == 0 ? 0 : 1;
}

static const char *_Nullable failureMessage;

static void failed(int signal) {
  (void)signal;
  if (failureMessage) {
    ssize_t written = write(STDERR_FILENO, failureMessage, strlen(failureMessage));
    (void)written;
  }
  _exit(1);
}

void hdf5_exit_on_failure(const char *message, unsigned seconds) {
  // Where the stack is full, the handler needs another one.
  static char stack[1 << 16];
  const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternative, NULL);
  failureMessage = message;
  struct sigaction action = {.sa_flags = SA_ONSTACK};
  action.sa_handler = failed;
  const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM};
  for (size_t index = 0; index < sizeof signals / sizeof *signals; index++) {
    sigaction(signals[index], &action, NULL);
  }
  alarm(seconds);
}

void hdf5_has_ended(void) { alarm(0); }
