import COpenCL
import SluiceCompute
import Synchronization

/// One device of one platform, as its driver describes it.
public struct OpenCLDevice: @unchecked Sendable {
  /// As users see it; `unusableReason` says why it cannot be used.
  public let device: Device
  /// What the device can do.
  public let capabilities: OpenCLCapabilities
  let handle: OpaquePointer
  let functions: OpenCLFunctions

  /// Whether its driver itself keeps what it has compiled. PoCL does, each kernel for the group that it
  /// is launched with; asked for a program as a whole, it compiles every kernel once more for any group.
  var keepsPrograms: Bool {
    device.platform.hasPrefix("Portable Computing Language")
      && environment("POCL_KERNEL_CACHE") != "0"
  }

  /// Every device of every platform, in the order in which they are found, and why there are none.
  ///
  /// - Note: Never fails: no loader, no platform and no device are normal.
  public static func all(_ options: OpenCLOptions = .fromEnvironment) -> OpenCLDeviceList {
    switch OpenCLLibrary.shared {
    case .failure(let missing):
      return OpenCLDeviceList(devices: [], absence: missing.reason)
    case .success(let library):
      // Drivers set themselves up when first asked, and not all of them do so safely from several
      // threads at once.
      return listing.withLock { _ in all(library.functions, options) }
    }
  }

  private static let listing = Mutex(())

  static func all(_ functions: OpenCLFunctions, _ options: OpenCLOptions) -> OpenCLDeviceList {
    var count: cl_uint = 0
    let status = functions.getPlatformIDs(0, nil, &count)
    guard status == CL_SUCCESS, count > 0 else {
      let why = status == CL_SUCCESS ? "" : " (\(OpenCLStatus(status)))"
      return OpenCLDeviceList(
        devices: [], absence: "an OpenCL loader, but no platform: no driver is installed\(why)")
    }
    var platforms = [OpaquePointer?](repeating: nil, count: Int(count))
    guard functions.getPlatformIDs(count, &platforms, nil) == CL_SUCCESS else {
      return OpenCLDeviceList(devices: [], absence: "the OpenCL platforms cannot be listed")
    }
    var devices: [OpenCLDevice] = []
    for (p, platform) in platforms.enumerated() {
      guard let platform else { continue }
      var found: cl_uint = 0
      let all = cl_bitfield(CL_DEVICE_TYPE_ALL)
      guard functions.getDeviceIDs(platform, all, 0, nil, &found) == CL_SUCCESS, found > 0 else {
        continue
      }
      var handles = [OpaquePointer?](repeating: nil, count: Int(found))
      guard functions.getDeviceIDs(platform, all, found, &handles, nil) == CL_SUCCESS else {
        continue
      }
      let name = text { functions.getPlatformInfo(platform, CL_PLATFORM_NAME, $0, $1, $2) }
      let version = text { functions.getPlatformInfo(platform, CL_PLATFORM_VERSION, $0, $1, $2) }
      for (d, handle) in handles.enumerated() {
        guard let handle else { continue }
        devices.append(
          OpenCLDevice(
            id: "opencl:\(p).\(d)", platform: "\(name), \(version)", handle, functions, options))
      }
    }
    return OpenCLDeviceList(
      devices: devices,
      absence: devices.isEmpty ? "\(count) OpenCL platform\(count == 1 ? "" : "s"), no device" : "")
  }

  private init(
    id: String, platform: String, _ handle: OpaquePointer, _ functions: OpenCLFunctions,
    _ options: OpenCLOptions
  ) {
    func string(_ name: cl_uint) -> String {
      Self.text { functions.getDeviceInfo(handle, name, $0, $1, $2) }
    }
    func number<Value: FixedWidthInteger>(_ name: cl_uint, _ type: Value.Type) -> Int {
      var value: Value = 0
      let size = MemoryLayout<Value>.size
      guard functions.getDeviceInfo(handle, name, size, &value, nil) == CL_SUCCESS else { return 0 }
      return Int(clamping: value)
    }
    let extensions = string(CL_DEVICE_EXTENSIONS).split(separator: " ")
    let type = number(CL_DEVICE_TYPE, cl_bitfield.self)
    let isGPU = type & Int(CL_DEVICE_TYPE_GPU) != 0
    let isAccelerator = type & Int(CL_DEVICE_TYPE_ACCELERATOR) != 0
    let local = number(CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong.self)
    let global = number(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong.self)
    // A driver that does not know gives 0.
    let memory = min(global > 0 ? global : Int.max, options.memoryLimit ?? Int.max)
    capabilities = OpenCLCapabilities(
      vendor: string(CL_DEVICE_VENDOR), version: string(CL_DEVICE_VERSION),
      localMemory: min(local, options.localMemoryLimit ?? local),
      workGroupSize: number(CL_DEVICE_MAX_WORK_GROUP_SIZE, Int.self),
      largestAllocation: min(number(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong.self), memory),
      parameterSize: number(CL_DEVICE_MAX_PARAMETER_SIZE, Int.self),
      hasHalf: extensions.contains("cl_khr_fp16"), hasDouble: extensions.contains("cl_khr_fp64"),
      hasSubgroups: extensions.contains("cl_khr_subgroups"))
    var reason: String?
    if let fault = options.fault {
      reason = fault
    } else if number(CL_DEVICE_AVAILABLE, cl_bool.self) == 0 {
      reason = "the driver says that it is not available"
    } else if number(CL_DEVICE_COMPILER_AVAILABLE, cl_bool.self) == 0 {
      reason = "its driver has no compiler"
    } else if number(CL_DEVICE_ENDIAN_LITTLE, cl_bool.self) == 0 {
      reason = "it is big-endian"
    } else {
      reason = capabilities.shortcoming
    }
    device = Device(
      id: id, kind: isGPU ? .gpu : isAccelerator ? .accelerator : .cpu,
      name: string(CL_DEVICE_NAME), platform: platform, driver: string(CL_DRIVER_VERSION),
      computeUnits: number(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint.self),
      globalMemory: memory,
      localMemory: capabilities.localMemory, unusableReason: reason)
    self.handle = handle
    self.functions = functions
  }

  /// A text that a driver gives, asked for its length first.
  static func text(
    _ query: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> cl_int
  ) -> String {
    var size = 0
    guard query(0, nil, &size) == CL_SUCCESS, size > 1 else { return "" }
    var bytes = [UInt8](repeating: 0, count: size)
    guard query(size, &bytes, nil) == CL_SUCCESS else { return "" }
    let string = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    let body = string.drop { $0 == " " }
    return String(body.reversed().drop { $0 == " " }.reversed())
  }
}

extension OpenCLCapabilities {
  /// Which limit is too small for the kernels; nil where none is.
  var shortcoming: String? {
    if workGroupSize < Self.neededWorkGroupSize {
      return "work-groups of \(workGroupSize) items at most; \(Self.neededWorkGroupSize) are needed"
    }
    if localMemory < Self.neededLocalMemory {
      return "\(localMemory >> 10) KiB of local memory; \(Self.neededLocalMemory >> 10) are needed"
    }
    if parameterSize < Self.neededParameterSize {
      return "\(parameterSize) bytes of kernel arguments; \(Self.neededParameterSize) are needed"
    }
    return nil
  }
}

/// The OpenCL devices of a machine.
public struct OpenCLDeviceList: Sendable {
  /// Usable or not, by platform.
  public let devices: [OpenCLDevice]
  /// Why there is none, in words for the user; empty where there is one.
  public let absence: String

  /// The usable device that `opencl` stands for: a GPU, else an accelerator, else a CPU.
  public var preferred: OpenCLDevice? {
    let kinds: [Device.Kind] = [.gpu, .accelerator, .cpu]
    return kinds.lazy.compactMap { kind in
      devices.first { $0.device.kind == kind && $0.device.unusableReason == nil }
    }.first
  }

  /// The device of this id, the preferred one for `opencl`, or the first usable GPU for `gpu`.
  ///
  /// - Throws: ``ComputeError`` with `.noDevice`, saying what there is, or with `.unsupported` for a
  ///   device that cannot be used.
  public func device(_ id: String) throws(ComputeError) -> OpenCLDevice {
    let remedy = "`sluice devices` shows what there is; `device: cpu` needs no driver."
    guard !devices.isEmpty else {
      throw ComputeError(.noDevice, "there is no device \(id): \(absence)", remedy: remedy)
    }
    let gpus = devices.filter { $0.device.kind == .gpu }
    let chosen =
      switch id {
      case "opencl": preferred ?? devices.first
      case "gpu": gpus.first { $0.device.unusableReason == nil } ?? gpus.first
      default: devices.first { $0.device.id == id }
      }
    guard let chosen else {
      if id == "gpu" {
        let others = devices.map {
          "\($0.device.id) is \($0.device.kind == .cpu ? "only the CPU" : "an accelerator")"
        }
        throw ComputeError(
          .noDevice, "there is no GPU that OpenCL knows: \(others.joined(separator: ", "))",
          remedy: remedy)
      }
      let known = devices.map(\.device.id).joined(separator: ", ")
      throw ComputeError(
        .noDevice, "there is no device \(id); OpenCL has \(known)", remedy: remedy)
    }
    if let reason = chosen.device.unusableReason {
      throw ComputeError(
        .unsupported, "\(chosen.device.id) (\(chosen.device.name)) cannot be used: \(reason)",
        remedy: remedy)
    }
    return chosen
  }
}
