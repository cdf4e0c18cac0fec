// An OpenCL loader that fails on order, for tests: it hands every call of our table on to the real
// loader, but for those that it was told to fail, to delay or never to return from.
//
//   clang -std=gnu2x -shared -fPIC -I Sources/COpenCL/include -o libfailing.so
//     Tests/FailingDriver/driver.c Sources/COpenCL/COpenCL.c -ldl -lpthread
//
// SLUICE_FAIL holds orders, with commas between them:
//
//   clFinish=-5@3         the third use gives -5, and nothing is handed on
//   clFinish=-5@3+        every use from the third on
//   clFinish=late-5@3     handed on first, then -5: the driver failed, but has done its part
//   clFinish=slow200@3    waits 200 ms first
//   clFinish=hang@3       never returns, and says so on standard error
//   units=0               what the device says of itself: units, local, group, memory, allocation,
//                         parameters, available, name, driver, platform; texts likewise
//
// SLUICE_FAIL_COUNTS names a file that gets the uses of every call when the process ends.
// SLUICE_REAL_OPENCL names the loader behind, libOpenCL.so.1 unless it is set.

#include <COpenCL.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS(X)                                                                                  \
  X(clGetPlatformIDs) X(clGetPlatformInfo) X(clGetDeviceIDs) X(clGetDeviceInfo)                   \
  X(clCreateContext) X(clReleaseContext) X(clCreateCommandQueue) X(clReleaseCommandQueue)         \
  X(clCreateBuffer) X(clReleaseMemObject) X(clCreateProgramWithSource)                            \
  X(clCreateProgramWithBinary) X(clBuildProgram) X(clGetProgramInfo) X(clGetProgramBuildInfo)     \
  X(clReleaseProgram) X(clCreateKernel) X(clReleaseKernel) X(clSetKernelArg)                      \
  X(clGetKernelWorkGroupInfo) X(clEnqueueNDRangeKernel) X(clEnqueueReadBuffer)                    \
  X(clEnqueueWriteBuffer) X(clGetEventInfo) X(clReleaseEvent) X(clFlush) X(clFinish)

#define NAME(call) #call,
#define NUMBER(call) number_##call,
static const char *const names[] = {CALLS(NAME)};
enum { CALLS(NUMBER) call_count };

static OpenCLFunctions real;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned long uses[call_count];
static char orders[4096];

/// Takes these orders from now on, instead of others, and counts from 0 again.
void failing_driver_order(const char *text) {
  pthread_mutex_lock(&lock);
  snprintf(orders, sizeof orders, "%s", text);
  memset(uses, 0, sizeof uses);
  pthread_mutex_unlock(&lock);
}

/// How often the call of this name was used since the last orders.
unsigned long failing_driver_uses(const char *name) {
  unsigned long found = 0;
  pthread_mutex_lock(&lock);
  for (int call = 0; call < call_count; call++)
    if (!strcmp(names[call], name)) found = uses[call];
  pthread_mutex_unlock(&lock);
  return found;
}

static void tell_counts(void) {
  const char *path = getenv("SLUICE_FAIL_COUNTS");
  FILE *file = path && *path ? fopen(path, "w") : NULL;
  if (!file) return;
  for (int call = 0; call < call_count; call++) fprintf(file, "%s %lu\n", names[call], uses[call]);
  fclose(file);
}

static void set_up(void) {
  const char *path = getenv("SLUICE_REAL_OPENCL");
  const char *why = opencl_load(path && *path ? path : "libOpenCL.so.1", &real);
  if (why) {
    fprintf(stderr, "the failing driver has nothing behind it: %s\n", why);
    abort();
  }
  const char *given = getenv("SLUICE_FAIL");
  if (given) failing_driver_order(given);
  atexit(tell_counts);
}

/// What stands behind `name=` in the orders, up to the comma; false where nothing does.
static bool ordered(const char *name, char *value, size_t size) {
  const size_t length = strlen(name);
  bool found = false;
  pthread_mutex_lock(&lock);
  for (const char *at = orders; at && *at;) {
    const char *end = strchr(at, ',');
    if (!strncmp(at, name, length) && at[length] == '=') {
      const char *text = at + length + 1;
      const size_t count = end ? (size_t)(end - text) : strlen(text);
      snprintf(value, size, "%.*s", (int)count, text);
      found = true;
      break;
    }
    at = end ? end + 1 : NULL;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

enum outcome { fine, fails, fails_late };

/// Counts a use, waits where that is ordered, and says what is to become of it.
static enum outcome begin(int call, cl_int *status) {
  pthread_once(&once, set_up);
  pthread_mutex_lock(&lock);
  const unsigned long use = ++uses[call];
  pthread_mutex_unlock(&lock);
  char order[256];
  if (!ordered(names[call], order, sizeof order)) return fine;
  char *at = strchr(order, '@');
  char *end = NULL;
  const unsigned long first = at ? strtoul(at + 1, &end, 10) : 1;
  if (use < first || (use > first && !(end && *end == '+'))) return fine;
  if (!strncmp(order, "hang", 4)) {
    fprintf(stderr, "the failing driver hangs in %s\n", names[call]);
    for (;;) pause();
  }
  if (!strncmp(order, "slow", 4)) {
    usleep((useconds_t)strtoul(order + 4, NULL, 10) * 1000);
    return fine;
  }
  const bool late = !strncmp(order, "late", 4);
  *status = (cl_int)strtol(order + (late ? 4 : 0), NULL, 10);
  return late ? fails_late : fails;
}

// A call that returns its status.
#define STATUS(call, field, parameters, arguments)                                                \
  cl_int call parameters {                                                                        \
    cl_int told;                                                                                  \
    const enum outcome outcome = begin(number_##call, &told);                                     \
    if (outcome == fails) return told;                                                            \
    const cl_int status = real.field arguments;                                                   \
    return outcome == fails_late ? told : status;                                                 \
  }

// A call that returns an object, and its status by `status`.
#define OBJECT(type, call, field, parameters, arguments)                                          \
  type call parameters {                                                                          \
    cl_int told;                                                                                  \
    const enum outcome outcome = begin(number_##call, &told);                                     \
    if (outcome == fails) {                                                                       \
      *status = told;                                                                             \
      return NULL;                                                                                \
    }                                                                                             \
    type made = real.field arguments;                                                             \
    if (outcome == fails_late) *status = told;                                                    \
    return made;                                                                                  \
  }

/// Answers a query for a text.
static cl_int answer(const char *text, size_t size, void *value, size_t *needed) {
  const size_t length = strlen(text) + 1;
  if (needed) *needed = length;
  if (value && size >= length) memcpy(value, text, length);
  return CL_SUCCESS;
}

cl_int clGetPlatformInfo(
    cl_platform_id platform, cl_uint name, size_t size, void *value, size_t *needed) {
  cl_int told;
  char text[256];
  if (begin(number_clGetPlatformInfo, &told) != fine) return told;
  if (name == CL_PLATFORM_NAME && ordered("platform", text, sizeof text))
    return answer(text, size, value, needed);
  return real.getPlatformInfo(platform, name, size, value, needed);
}

cl_int clGetDeviceInfo(
    cl_device_id device, cl_uint name, size_t size, void *value, size_t *needed) {
  static const struct {
    const char *order;
    cl_uint name;
  } kinds[] = {
      {"units", CL_DEVICE_MAX_COMPUTE_UNITS},  {"group", CL_DEVICE_MAX_WORK_GROUP_SIZE},
      {"local", CL_DEVICE_LOCAL_MEM_SIZE},     {"memory", CL_DEVICE_GLOBAL_MEM_SIZE},
      {"available", CL_DEVICE_AVAILABLE},      {"allocation", CL_DEVICE_MAX_MEM_ALLOC_SIZE},
      {"parameters", CL_DEVICE_MAX_PARAMETER_SIZE},
  };
  cl_int told;
  char text[256];
  const enum outcome outcome = begin(number_clGetDeviceInfo, &told);
  if (outcome == fails) return told;
  if (name == CL_DEVICE_NAME && ordered("name", text, sizeof text))
    return answer(text, size, value, needed);
  if (name == CL_DRIVER_VERSION && ordered("driver", text, sizeof text))
    return answer(text, size, value, needed);
  const cl_int status = real.getDeviceInfo(device, name, size, value, needed);
  for (size_t kind = 0; value && kind < sizeof kinds / sizeof *kinds; kind++) {
    if (kinds[kind].name != name || !ordered(kinds[kind].order, text, sizeof text)) continue;
    const uint64_t number = strtoull(text, NULL, 10);
    memcpy(value, &number, size < sizeof number ? size : sizeof number);
  }
  return outcome == fails_late ? told : status;
}

STATUS(clGetPlatformIDs, getPlatformIDs,
       (cl_uint count, cl_platform_id *platforms, cl_uint *found), (count, platforms, found))
STATUS(clGetDeviceIDs, getDeviceIDs,
       (cl_platform_id platform, cl_bitfield type, cl_uint count, cl_device_id *devices,
        cl_uint *found),
       (platform, type, count, devices, found))
OBJECT(cl_context, clCreateContext, createContext,
       (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
        void (*notify)(const char *, const void *, size_t, void *), void *data, cl_int *status),
       (properties, count, devices, notify, data, status))
STATUS(clReleaseContext, releaseContext, (cl_context context), (context))
OBJECT(cl_command_queue, clCreateCommandQueue, createCommandQueue,
       (cl_context context, cl_device_id device, cl_bitfield properties, cl_int *status),
       (context, device, properties, status))
STATUS(clReleaseCommandQueue, releaseCommandQueue, (cl_command_queue queue), (queue))
OBJECT(cl_mem, clCreateBuffer, createBuffer,
       (cl_context context, cl_bitfield flags, size_t size, void *host, cl_int *status),
       (context, flags, size, host, status))
STATUS(clReleaseMemObject, releaseMemObject, (cl_mem memory), (memory))
OBJECT(cl_program, clCreateProgramWithSource, createProgramWithSource,
       (cl_context context, cl_uint count, const char **strings, const size_t *lengths,
        cl_int *status),
       (context, count, strings, lengths, status))
OBJECT(cl_program, clCreateProgramWithBinary, createProgramWithBinary,
       (cl_context context, cl_uint count, const cl_device_id *devices, const size_t *lengths,
        const unsigned char **binaries, cl_int *binaryStatus, cl_int *status),
       (context, count, devices, lengths, binaries, binaryStatus, status))
STATUS(clBuildProgram, buildProgram,
       (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
        void (*notify)(cl_program, void *), void *data),
       (program, count, devices, options, notify, data))
STATUS(clGetProgramInfo, getProgramInfo,
       (cl_program program, cl_uint name, size_t size, void *value, size_t *needed),
       (program, name, size, value, needed))
STATUS(clGetProgramBuildInfo, getProgramBuildInfo,
       (cl_program program, cl_device_id device, cl_uint name, size_t size, void *value,
        size_t *needed),
       (program, device, name, size, value, needed))
STATUS(clReleaseProgram, releaseProgram, (cl_program program), (program))
OBJECT(cl_kernel, clCreateKernel, createKernel,
       (cl_program program, const char *name, cl_int *status), (program, name, status))
STATUS(clReleaseKernel, releaseKernel, (cl_kernel kernel), (kernel))
STATUS(clSetKernelArg, setKernelArg,
       (cl_kernel kernel, cl_uint index, size_t size, const void *value),
       (kernel, index, size, value))
STATUS(clGetKernelWorkGroupInfo, getKernelWorkGroupInfo,
       (cl_kernel kernel, cl_device_id device, cl_uint name, size_t size, void *value,
        size_t *needed),
       (kernel, device, name, size, value, needed))
STATUS(clEnqueueNDRangeKernel, enqueueNDRangeKernel,
       (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
        const size_t *global, const size_t *local, cl_uint waits, const cl_event *waitList,
        cl_event *event),
       (queue, kernel, dimensions, offset, global, local, waits, waitList, event))
STATUS(clEnqueueReadBuffer, enqueueReadBuffer,
       (cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size,
        void *target, cl_uint waits, const cl_event *waitList, cl_event *event),
       (queue, memory, blocking, offset, size, target, waits, waitList, event))
STATUS(clEnqueueWriteBuffer, enqueueWriteBuffer,
       (cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size,
        const void *source, cl_uint waits, const cl_event *waitList, cl_event *event),
       (queue, memory, blocking, offset, size, source, waits, waitList, event))
STATUS(clGetEventInfo, getEventInfo,
       (cl_event event, cl_uint name, size_t size, void *value, size_t *needed),
       (event, name, size, value, needed))
STATUS(clReleaseEvent, releaseEvent, (cl_event event), (event))
STATUS(clFlush, flush, (cl_command_queue queue), (queue))
STATUS(clFinish, finish, (cl_command_queue queue), (queue))
