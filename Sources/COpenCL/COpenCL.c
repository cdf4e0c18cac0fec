#include "COpenCL.h"

#include <dlfcn.h>
#include <stdio.h>

static _Thread_local char reason[512];

const char *opencl_load(const char *path, OpenCLFunctions *functions) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    snprintf(reason, sizeof reason, "%s", why ? why : "dlopen failed");
    return reason;
  }
  const struct {
    const char *name;
    void *slot;
  } entries[] = {
      {"clGetPlatformIDs", &functions->getPlatformIDs},
      {"clGetPlatformInfo", &functions->getPlatformInfo},
      {"clGetDeviceIDs", &functions->getDeviceIDs},
      {"clGetDeviceInfo", &functions->getDeviceInfo},
      {"clCreateContext", &functions->createContext},
      {"clReleaseContext", &functions->releaseContext},
      {"clCreateCommandQueue", &functions->createCommandQueue},
      {"clReleaseCommandQueue", &functions->releaseCommandQueue},
      {"clCreateBuffer", &functions->createBuffer},
      {"clReleaseMemObject", &functions->releaseMemObject},
      {"clCreateProgramWithSource", &functions->createProgramWithSource},
      {"clCreateProgramWithBinary", &functions->createProgramWithBinary},
      {"clBuildProgram", &functions->buildProgram},
      {"clGetProgramInfo", &functions->getProgramInfo},
      {"clGetProgramBuildInfo", &functions->getProgramBuildInfo},
      {"clReleaseProgram", &functions->releaseProgram},
      {"clCreateKernel", &functions->createKernel},
      {"clReleaseKernel", &functions->releaseKernel},
      {"clSetKernelArg", &functions->setKernelArg},
      {"clGetKernelWorkGroupInfo", &functions->getKernelWorkGroupInfo},
      {"clEnqueueNDRangeKernel", &functions->enqueueNDRangeKernel},
      {"clEnqueueReadBuffer", &functions->enqueueReadBuffer},
      {"clEnqueueWriteBuffer", &functions->enqueueWriteBuffer},
      {"clGetEventInfo", &functions->getEventInfo},
      {"clReleaseEvent", &functions->releaseEvent},
      {"clFlush", &functions->flush},
      {"clFinish", &functions->finish},
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
  return NULL;
}
