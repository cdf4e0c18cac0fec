#ifndef SLUICE_CHDF5_H
#define SLUICE_CHDF5_H

// The part of the HDF5 1.10 interface that Sluice calls, and a table of its functions that is filled
// at run time. Nothing links against libhdf5: a binary starts where there is none.
//
// Names and values are those of the HDF5 reference. Functions that the library has in several
// versions under one name, such as H5Literate, are left alone: these here are the same in 1.10, 1.12
// and 1.14.

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// 64 bits from 1.10 on.
typedef int64_t hid_t;
/// Negative where a call failed.
typedef int herr_t;
/// Positive for true, 0 for false, negative where a call failed.
typedef int htri_t;
typedef uint64_t hsize_t;

enum : hid_t {
  H5P_DEFAULT = 0,
  H5S_ALL = 0,
  H5E_DEFAULT = 0,
};

enum : unsigned { H5F_ACC_RDONLY = 0, H5F_ACC_TRUNC = 2 };

/// What `H5Tget_class` gives.
enum : int { H5T_INTEGER = 0, H5T_FLOAT = 1, H5T_STRING = 3 };

/// What `H5Iget_type` gives.
enum : int { H5I_GROUP = 2, H5I_DATASET = 5 };

enum : int { H5_INDEX_NAME = 0, H5_ITER_INC = 0, H5S_SCALAR = 0, H5T_CSET_UTF8 = 1 };

/// What `H5Gget_info` fills.
typedef struct {
  int storage;
  hsize_t linkCount;
  int64_t maximumCreationOrder;
  uint64_t isMounted;
} HDF5GroupInfo;

/// The functions of libhdf5, and the identifiers of a few types and classes. Each is as the reference
/// describes it.
typedef struct {
  herr_t (*open)(void);
  herr_t (*getLibraryVersion)(unsigned *major, unsigned *minor, unsigned *release);
  herr_t (*setAutomaticErrors)(
      hid_t stack, herr_t (*_Nullable report)(hid_t, void *), void *_Nullable data);
  herr_t (*freeMemory)(void *memory);

  hid_t (*createProperties)(hid_t class);
  herr_t (*closeProperties)(hid_t properties);
  herr_t (*setCoreDriver)(hid_t properties, size_t increment, uint8_t keepsFile);
  herr_t (*setFileImage)(hid_t properties, void *bytes, size_t count);
  herr_t (*setTracksTimes)(hid_t properties, uint8_t tracks);
  hid_t (*openFile)(const char *name, unsigned flags, hid_t access);
  hid_t (*createFile)(const char *name, unsigned flags, hid_t creation, hid_t access);
  herr_t (*flushFile)(hid_t file, int scope);
  ptrdiff_t (*getFileImage)(hid_t file, void *_Nullable bytes, size_t count);
  herr_t (*closeFile)(hid_t file);

  hid_t (*createGroup)(hid_t place, const char *name, hid_t link, hid_t creation, hid_t access);
  herr_t (*closeGroup)(hid_t group);
  herr_t (*getGroupInfo)(hid_t group, HDF5GroupInfo *info);
  ptrdiff_t (*getLinkName)(
      hid_t place, const char *group, int index, int order, hsize_t number, char *_Nullable name,
      size_t size, hid_t access);
  htri_t (*linkExists)(hid_t place, const char *name, hid_t access);
  hid_t (*openObject)(hid_t place, const char *name, hid_t access);
  herr_t (*closeObject)(hid_t object);
  int (*getIdentifierType)(hid_t object);

  hid_t (*createDataset)(
      hid_t place, const char *name, hid_t type, hid_t space, hid_t link, hid_t creation,
      hid_t access);
  hid_t (*getDatasetSpace)(hid_t dataset);
  hid_t (*getDatasetType)(hid_t dataset);
  herr_t (*readDataset)(
      hid_t dataset, hid_t type, hid_t memorySpace, hid_t fileSpace, hid_t transfer, void *values);
  herr_t (*writeDataset)(
      hid_t dataset, hid_t type, hid_t memorySpace, hid_t fileSpace, hid_t transfer,
      const void *values);
  herr_t (*closeDataset)(hid_t dataset);

  htri_t (*attributeExists)(hid_t object, const char *name);
  hid_t (*openAttribute)(hid_t object, const char *name, hid_t access);
  hid_t (*getAttributeSpace)(hid_t attribute);
  hid_t (*getAttributeType)(hid_t attribute);
  herr_t (*readAttribute)(hid_t attribute, hid_t type, void *values);
  herr_t (*closeAttribute)(hid_t attribute);

  hid_t (*createSpace)(int rank, const hsize_t *extents, const hsize_t *_Nullable maxima);
  int (*getRank)(hid_t space);
  int (*getExtents)(hid_t space, hsize_t *_Nullable extents, hsize_t *_Nullable maxima);
  herr_t (*closeSpace)(hid_t space);

  int (*getTypeClass)(hid_t type);
  size_t (*getTypeSize)(hid_t type);
  htri_t (*isVariableString)(hid_t type);
  hid_t (*copyType)(hid_t type);
  herr_t (*setTypeSize)(hid_t type, size_t size);
  herr_t (*setCharacterSet)(hid_t type, int set);
  int (*getCharacterSet)(hid_t type);
  herr_t (*closeType)(hid_t type);

  /// H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, H5T_C_S1, H5P_FILE_ACCESS, and H5P_FILE_CREATE, H5P_GROUP_CREATE,
  /// H5P_DATASET_CREATE; set once the library is open.
  hid_t float32;
  hid_t nativeFloat;
  hid_t characters;
  hid_t fileAccess;
  hid_t fileCreation;
  hid_t groupCreation;
  hid_t datasetCreation;

  /// zlib's, which libhdf5 as a rule brings; null where it does not.
  int (*_Nullable inflateInit)(void *stream, int windowBits, const char *version, int size);
  int (*_Nullable inflate)(void *stream, int flush);
  int (*_Nullable inflateEnd)(void *stream);
} HDF5Functions;

/// Loads the library at `path`, opens it, turns off what it prints by itself, and fills the table.
///
/// - Returns: null where that is done; otherwise why it cannot be, a string that stays for the
///   lifetime of the thread's next call. The library is never unloaded.
const char *_Nullable hdf5_load(const char *path, HDF5Functions *functions);

/// Decompresses raw DEFLATE data, as zip archives have them.
///
/// - Returns: 0 where `target` has been filled to its end and the data end there; 1 where the data are
///   damaged or of another length; 2 where there is no zlib.
int hdf5_inflate(
    const HDF5Functions *functions, const uint8_t *source, size_t sourceCount, uint8_t *target,
    size_t targetCount);

/// From here on a crash ends the process with status 1 and this message on standard error, in place of
/// whatever would come, and so does a wait of more than `seconds`: on files that are damaged in some
/// ways libhdf5 reads beyond its memory, or goes in circles.
///
/// For programs that have nothing to lose. `message` must stay.
void hdf5_exit_on_failure(const char *message, unsigned seconds);

/// Ends the wait.
void hdf5_has_ended(void);

#pragma clang assume_nonnull end

#endif
