import COpenCL
import SluiceCompute

/// What a device can do, as far as kernels and launches depend on it.
public struct OpenCLCapabilities: Hashable, Sendable {
  /// As the driver names it.
  public var vendor: String
  /// Of the device, for example `OpenCL 3.0 CUDA`.
  public var version: String
  /// Bytes of local memory that one work-group may use, after any limit that was set.
  public var localMemory: Int
  /// Items in a work-group.
  public var workGroupSize: Int
  /// Bytes that one allocation may have.
  public var largestAllocation: Int
  /// Bytes of arguments that a kernel may take.
  public var parameterSize: Int
  /// Whether it has 16-bit floating point.
  public var hasHalf: Bool
  /// Whether it has 64-bit floating point.
  public var hasDouble: Bool
  /// Whether it has sub-groups.
  public var hasSubgroups: Bool

  /// What every kernel may count on.
  static let neededWorkGroupSize = 256
  static let neededLocalMemory = 24 << 10
  static let neededParameterSize = 1024
}

/// Settings of the OpenCL back end. They come from the environment unless given.
public struct OpenCLOptions: Hashable, Sendable {
  /// The most local memory to use, in bytes, whatever the device has: `SLUICE_OPENCL_LOCAL_MEMORY`.
  /// Nil: all of it.
  public var localMemoryLimit: Int?
  /// The most device memory to hold, in bytes, whatever the device has: `SLUICE_OPENCL_MEMORY`. For
  /// a device that is shared. Nil: all of it.
  public var memoryLimit: Int?
  /// Whether compiled programs are kept on disk: not where `SLUICE_OPENCL_CACHE` is `0`.
  public var keepsPrograms: Bool
  /// The only kernels for recurrent layers that they can run: `SLUICE_OPENCL_RECURRENCE`. Nil: all,
  /// and the best is chosen.
  public var recurrentKernels: RecurrentKernels?
  /// The kind of device whose kernels are taken, whatever the device is; nil: its own. So a processor
  /// shows, slowly, what a GPU would be given.
  public var kernelsFor: Device.Kind?
  /// Whether memory that was let go of is handed to the next who asks for as much. Without, every
  /// request gets fresh memory of its exact size, and nothing is given back to the driver before
  /// memory is out: so a checker sees what reads too far, or what nobody has written.
  public var reusesMemory: Bool
  /// Whether programs are compiled by threads of their own, side by side. Without, each is compiled when
  /// it is asked for.
  public var compilesAside: Bool

  /// What is wrong with the environment: no device is usable then.
  private(set) var fault: String?

  /// Each argument is the property of its name.
  public init(
    localMemoryLimit: Int? = nil, memoryLimit: Int? = nil, keepsPrograms: Bool = true,
    recurrentKernels: RecurrentKernels? = nil, kernelsFor: Device.Kind? = nil,
    reusesMemory: Bool = true, compilesAside: Bool = true
  ) {
    self.localMemoryLimit = localMemoryLimit
    self.memoryLimit = memoryLimit
    self.keepsPrograms = keepsPrograms
    self.recurrentKernels = recurrentKernels
    self.kernelsFor = kernelsFor
    self.reusesMemory = reusesMemory
    self.compilesAside = compilesAside
  }

  /// What the environment says.
  public static var fromEnvironment: OpenCLOptions {
    var options = OpenCLOptions(keepsPrograms: environment("SLUICE_OPENCL_CACHE") != "0")
    options.localMemoryLimit = options.bytes("SLUICE_OPENCL_LOCAL_MEMORY")
    options.memoryLimit = options.bytes("SLUICE_OPENCL_MEMORY")
    if let name = environment("SLUICE_OPENCL_RECURRENCE"), !name.isEmpty {
      options.recurrentKernels = RecurrentKernels(rawValue: name)
      if options.recurrentKernels == nil {
        let names = RecurrentKernels.allCases.map(\.rawValue).joined(separator: ", ")
        options.fault = "SLUICE_OPENCL_RECURRENCE is \"\(name)\", not one of \(names)"
      }
    }
    return options
  }

  /// A limit in bytes. What is no such number is a fault, not the lack of a limit.
  private mutating func bytes(_ name: String) -> Int? {
    guard let text = environment(name), !text.isEmpty else { return nil }
    if let bytes = Int(text), bytes > 0 { return bytes }
    fault = "\(name) is \"\(text)\", not a number of bytes"
    return nil
  }
}
