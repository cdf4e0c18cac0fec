#ifndef SLUICE_COPENCL_H
#define SLUICE_COPENCL_H

// The part of the OpenCL 1.2 interface that Sluice calls, and a table of its functions that is
// filled at run time. Nothing links against a loader: a binary starts where there is none.
//
// Names and values are those of the OpenCL 1.2 specification.

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct _cl_platform_id *cl_platform_id;
typedef struct _cl_device_id *cl_device_id;
typedef struct _cl_context *cl_context;
typedef struct _cl_command_queue *cl_command_queue;
typedef struct _cl_mem *cl_mem;
typedef struct _cl_program *cl_program;
typedef struct _cl_kernel *cl_kernel;
typedef struct _cl_event *cl_event;

typedef int32_t cl_int;
typedef uint32_t cl_uint;
typedef uint64_t cl_ulong;
typedef cl_uint cl_bool;
typedef cl_ulong cl_bitfield;
typedef intptr_t cl_context_properties;

enum : cl_int {
  CL_SUCCESS = 0,
  CL_DEVICE_NOT_FOUND = -1,
  CL_MEM_OBJECT_ALLOCATION_FAILURE = -4,
  CL_OUT_OF_RESOURCES = -5,
  CL_OUT_OF_HOST_MEMORY = -6,
  CL_BUILD_PROGRAM_FAILURE = -11,
  CL_INVALID_BUFFER_SIZE = -61,
};

enum : cl_uint {
  CL_PLATFORM_VERSION = 0x0901,
  CL_PLATFORM_NAME = 0x0902,
};

enum : cl_bitfield {
  CL_DEVICE_TYPE_CPU = 1 << 1,
  CL_DEVICE_TYPE_GPU = 1 << 2,
  CL_DEVICE_TYPE_ACCELERATOR = 1 << 3,
  CL_DEVICE_TYPE_ALL = 0xFFFFFFFF,
};

enum : cl_uint {
  CL_DEVICE_TYPE = 0x1000,
  CL_DEVICE_MAX_COMPUTE_UNITS = 0x1002,
  CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
  CL_DEVICE_MAX_WORK_ITEM_SIZES = 0x1005,
  CL_DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010,
  CL_DEVICE_MAX_PARAMETER_SIZE = 0x1017,
  CL_DEVICE_GLOBAL_MEM_SIZE = 0x101F,
  CL_DEVICE_LOCAL_MEM_SIZE = 0x1023,
  CL_DEVICE_ENDIAN_LITTLE = 0x1026,
  CL_DEVICE_AVAILABLE = 0x1027,
  CL_DEVICE_COMPILER_AVAILABLE = 0x1028,
  CL_DEVICE_NAME = 0x102B,
  CL_DEVICE_VENDOR = 0x102C,
  CL_DRIVER_VERSION = 0x102D,
  CL_DEVICE_VERSION = 0x102F,
  CL_DEVICE_EXTENSIONS = 0x1030,
};

enum : cl_uint {
  CL_PROGRAM_BINARY_SIZES = 0x1165,
  CL_PROGRAM_BINARIES = 0x1166,
  CL_PROGRAM_BUILD_LOG = 0x1183,
  CL_KERNEL_WORK_GROUP_SIZE = 0x11B0,
  CL_EVENT_COMMAND_EXECUTION_STATUS = 0x11D3,
};

enum : cl_bitfield { CL_MEM_READ_WRITE = 1 << 0 };
enum : cl_int { CL_COMPLETE = 0 };

/// The functions of an OpenCL loader. Each is as the specification describes it.
typedef struct {
  cl_int (*getPlatformIDs)(
      cl_uint count, cl_platform_id _Nullable *_Nullable platforms, cl_uint *_Nullable found);
  cl_int (*getPlatformInfo)(
      cl_platform_id platform, cl_uint name, size_t size, void *_Nullable value,
      size_t *_Nullable needed);
  cl_int (*getDeviceIDs)(
      cl_platform_id platform, cl_bitfield type, cl_uint count,
      cl_device_id _Nullable *_Nullable devices, cl_uint *_Nullable found);
  cl_int (*getDeviceInfo)(
      cl_device_id device, cl_uint name, size_t size, void *_Nullable value,
      size_t *_Nullable needed);
  cl_context _Nullable (*_Nonnull createContext)(
      const cl_context_properties *_Nullable properties, cl_uint count,
      const cl_device_id _Nullable *_Nonnull devices,
      void (*_Nullable notify)(const char *, const void *, size_t, void *), void *_Nullable data,
      cl_int *status);
  cl_int (*releaseContext)(cl_context context);
  cl_command_queue _Nullable (*_Nonnull createCommandQueue)(
      cl_context context, cl_device_id device, cl_bitfield properties, cl_int *status);
  cl_int (*releaseCommandQueue)(cl_command_queue queue);
  cl_mem _Nullable (*_Nonnull createBuffer)(
      cl_context context, cl_bitfield flags, size_t size, void *_Nullable host, cl_int *status);
  cl_int (*releaseMemObject)(cl_mem memory);
  cl_program _Nullable (*_Nonnull createProgramWithSource)(
      cl_context context, cl_uint count, const char *_Nullable *_Nonnull strings,
      const size_t *_Nullable lengths, cl_int *status);
  cl_program _Nullable (*_Nonnull createProgramWithBinary)(
      cl_context context, cl_uint count, const cl_device_id _Nullable *_Nonnull devices,
      const size_t *lengths, const unsigned char *_Nullable *_Nonnull binaries,
      cl_int *_Nullable binaryStatus, cl_int *status);
  cl_int (*buildProgram)(
      cl_program program, cl_uint count, const cl_device_id _Nullable *_Nonnull devices,
      const char *options, void (*_Nullable notify)(cl_program, void *), void *_Nullable data);
  cl_int (*getProgramInfo)(
      cl_program program, cl_uint name, size_t size, void *_Nullable value,
      size_t *_Nullable needed);
  cl_int (*getProgramBuildInfo)(
      cl_program program, cl_device_id device, cl_uint name, size_t size, void *_Nullable value,
      size_t *_Nullable needed);
  cl_int (*releaseProgram)(cl_program program);
  cl_kernel _Nullable (*_Nonnull createKernel)(cl_program program, const char *name, cl_int *status);
  cl_int (*releaseKernel)(cl_kernel kernel);
  cl_int (*setKernelArg)(
      cl_kernel kernel, cl_uint index, size_t size, const void *_Nullable value);
  cl_int (*getKernelWorkGroupInfo)(
      cl_kernel kernel, cl_device_id device, cl_uint name, size_t size, void *_Nullable value,
      size_t *_Nullable needed);
  cl_int (*enqueueNDRangeKernel)(
      cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
      const size_t *_Nullable offset, const size_t *global, const size_t *local, cl_uint waits,
      const cl_event _Nullable *_Nullable waitList, cl_event _Nullable *_Nullable event);
  cl_int (*enqueueReadBuffer)(
      cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size,
      void *target, cl_uint waits, const cl_event _Nullable *_Nullable waitList,
      cl_event _Nullable *_Nullable event);
  cl_int (*enqueueWriteBuffer)(
      cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size,
      const void *source, cl_uint waits, const cl_event _Nullable *_Nullable waitList,
      cl_event _Nullable *_Nullable event);
  cl_int (*getEventInfo)(
      cl_event event, cl_uint name, size_t size, void *_Nullable value, size_t *_Nullable needed);
  cl_int (*releaseEvent)(cl_event event);
  cl_int (*flush)(cl_command_queue queue);
  cl_int (*finish)(cl_command_queue queue);
} OpenCLFunctions;

/// Loads the library at `path` and fills the table.
///
/// - Returns: null where that is done; otherwise why it cannot be, a string that stays for the
///   lifetime of the thread's next call. The library is never unloaded.
const char *_Nullable opencl_load(const char *path, OpenCLFunctions *functions);

#pragma clang assume_nonnull end

#endif
