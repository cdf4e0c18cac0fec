import COpenCL
import SluiceCompute

/// A status that an OpenCL call returned.
struct OpenCLStatus: CustomStringConvertible {
  let code: cl_int

  init(_ code: cl_int) {
    self.code = code
  }

  /// Its name in the specification.
  var description: String {
    Self.names[code] ?? "OpenCL status \(code)"
  }

  /// Whether it says that memory ran out.
  var isMemory: Bool {
    [CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY]
      .contains(code) || code == CL_INVALID_BUFFER_SIZE
  }

  /// What to do about a device or a driver that has failed.
  static let remedy =
    "Try again; a training goes on from its last checkpoint with `resume`, or by itself with "
    + "`on_device_lost: resume`. Where it fails again, `sluice verify` checks the device, and "
    + "`device: cpu` needs none."

  /// Throws unless the call succeeded.
  ///
  /// - Parameters:
  ///   - call: the function's name in the specification.
  ///   - what: what could not be done, for the user.
  static func check(_ code: cl_int, _ call: String, _ what: @autoclosure () -> String)
    throws(ComputeError)
  {
    if code != CL_SUCCESS { throw OpenCLStatus(code).error(call, what()) }
  }

  /// Throws unless a call that waits for the device succeeded. Whatever its status, it is then the work
  /// that failed: also a kernel that was aborted ends as `CL_OUT_OF_RESOURCES`.
  static func checkWait(_ code: cl_int, _ call: String, _ device: Device) throws(ComputeError) {
    guard code != CL_SUCCESS else { return }
    throw ComputeError(
      .deviceFailure, "\(device.id) (\(device.name)) failed at its work", remedy: remedy,
      cause: "\(call): \(OpenCLStatus(code))")
  }

  func error(_ call: String, _ what: String) -> ComputeError {
    ComputeError(
      isMemory ? .outOfMemory : .deviceFailure, what,
      remedy: isMemory ? "Use a smaller batch, fewer steps or a smaller model." : Self.remedy,
      cause: "\(call): \(description)")
  }

  private static let names: [cl_int: String] = [
    0: "CL_SUCCESS",
    -1: "CL_DEVICE_NOT_FOUND",
    -2: "CL_DEVICE_NOT_AVAILABLE",
    -3: "CL_COMPILER_NOT_AVAILABLE",
    -4: "CL_MEM_OBJECT_ALLOCATION_FAILURE",
    -5: "CL_OUT_OF_RESOURCES",
    -6: "CL_OUT_OF_HOST_MEMORY",
    -7: "CL_PROFILING_INFO_NOT_AVAILABLE",
    -8: "CL_MEM_COPY_OVERLAP",
    -9: "CL_IMAGE_FORMAT_MISMATCH",
    -10: "CL_IMAGE_FORMAT_NOT_SUPPORTED",
    -11: "CL_BUILD_PROGRAM_FAILURE",
    -12: "CL_MAP_FAILURE",
    -13: "CL_MISALIGNED_SUB_BUFFER_OFFSET",
    -14: "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
    -15: "CL_COMPILE_PROGRAM_FAILURE",
    -16: "CL_LINKER_NOT_AVAILABLE",
    -17: "CL_LINK_PROGRAM_FAILURE",
    -18: "CL_DEVICE_PARTITION_FAILED",
    -19: "CL_KERNEL_ARG_INFO_NOT_AVAILABLE",
    -30: "CL_INVALID_VALUE",
    -31: "CL_INVALID_DEVICE_TYPE",
    -32: "CL_INVALID_PLATFORM",
    -33: "CL_INVALID_DEVICE",
    -34: "CL_INVALID_CONTEXT",
    -35: "CL_INVALID_QUEUE_PROPERTIES",
    -36: "CL_INVALID_COMMAND_QUEUE",
    -37: "CL_INVALID_HOST_PTR",
    -38: "CL_INVALID_MEM_OBJECT",
    -39: "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR",
    -40: "CL_INVALID_IMAGE_SIZE",
    -41: "CL_INVALID_SAMPLER",
    -42: "CL_INVALID_BINARY",
    -43: "CL_INVALID_BUILD_OPTIONS",
    -44: "CL_INVALID_PROGRAM",
    -45: "CL_INVALID_PROGRAM_EXECUTABLE",
    -46: "CL_INVALID_KERNEL_NAME",
    -47: "CL_INVALID_KERNEL_DEFINITION",
    -48: "CL_INVALID_KERNEL",
    -49: "CL_INVALID_ARG_INDEX",
    -50: "CL_INVALID_ARG_VALUE",
    -51: "CL_INVALID_ARG_SIZE",
    -52: "CL_INVALID_KERNEL_ARGS",
    -53: "CL_INVALID_WORK_DIMENSION",
    -54: "CL_INVALID_WORK_GROUP_SIZE",
    -55: "CL_INVALID_WORK_ITEM_SIZE",
    -56: "CL_INVALID_GLOBAL_OFFSET",
    -57: "CL_INVALID_EVENT_WAIT_LIST",
    -58: "CL_INVALID_EVENT",
    -59: "CL_INVALID_OPERATION",
    -60: "CL_INVALID_GL_OBJECT",
    -61: "CL_INVALID_BUFFER_SIZE",
    -62: "CL_INVALID_MIP_LEVEL",
    -63: "CL_INVALID_GLOBAL_WORK_SIZE",
    -64: "CL_INVALID_PROPERTY",
    -65: "CL_INVALID_IMAGE_DESCRIPTOR",
    -66: "CL_INVALID_COMPILER_OPTIONS",
    -67: "CL_INVALID_LINKER_OPTIONS",
    -68: "CL_INVALID_DEVICE_PARTITION_COUNT",
    -1001: "CL_PLATFORM_NOT_FOUND_KHR",
    -9999: "OpenCL status -9999, on NVIDIA an illegal access to memory",
  ]
}
