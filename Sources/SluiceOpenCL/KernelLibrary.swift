import CKernels
import COpenCL
import SluiceCompute

/// Names a kernel: the file of Kernels/ that it stands in, and how that is compiled.
struct KernelName: Hashable {
  var file: String
  var name: String
  var options: [KernelOption]

  init(_ file: String, _ name: String, _ options: [KernelOption] = []) {
    self.file = file
    self.name = name
    self.options = options
  }
}

/// A constant that a file of kernels is compiled with.
struct KernelOption: Hashable {
  var name: String
  var value: Int

  init(_ name: String, _ value: Int) {
    self.name = name
    self.value = value
  }
}

/// The compiled kernels of one device. Each file is compiled when first needed, once per set of
/// options; what was compiled is kept on disk.
final class KernelLibrary {
  private struct ProgramName: Hashable {
    var file: String
    var options: [KernelOption]
  }

  private let session: OpenCLSession
  private let cache: ProgramCache?
  private var programs: [ProgramName: OpaquePointer] = [:]
  private var kernels: [KernelName: OpaquePointer] = [:]

  init(_ session: OpenCLSession, cache: ProgramCache?) {
    self.session = session
    self.cache = cache
  }

  deinit {
    for kernel in kernels.values { _ = session.functions.releaseKernel(kernel) }
    for program in programs.values { _ = session.functions.releaseProgram(program) }
  }

  /// The names of all kernels that have been asked for so far.
  var names: Set<String> { Set(kernels.keys.map(\.name)) }

  /// The kernel of this name, ready for its arguments.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure`, and the compiler's log as its cause.
  func kernel(_ name: KernelName) throws(ComputeError) -> OpaquePointer {
    if let kernel = kernels[name] { return kernel }
    let program = try program(ProgramName(file: name.file, options: name.options))
    var status = CL_SUCCESS
    let kernel = session.functions.createKernel(program, name.name, &status)
    guard let kernel, status == CL_SUCCESS else {
      throw OpenCLStatus(status).error(
        "clCreateKernel", "the kernel \(name.name) of \(name.file).cl cannot be made")
    }
    kernels[name] = kernel
    return kernel
  }

  private func program(_ name: ProgramName) throws(ComputeError) -> OpaquePointer {
    if let program = programs[name] { return program }
    guard let common = Self.sources["common"], let text = Self.sources[name.file] else {
      throw ComputeError(.deviceFailure, "this build has no kernels named \(name.file)")
    }
    let defines = name.options.map { " -D\($0.name)=\($0.value)" }.joined()
    let program = try build(common + text, options: "-cl-std=CL1.2" + defines, name: name.file)
    programs[name] = program
    return program
  }

  /// Compiles a text, or takes what an earlier run has compiled of it.
  func build(_ source: [UInt8], options: String, name: String) throws(ComputeError)
    -> OpaquePointer
  {
    let key = cache.map { $0.key(source: source, options: options, device: session.device) }
    if let cache, let key, let binary = cache.binary(for: key),
      let program = load(binary, options: options)
    {
      return program
    }
    let functions = session.functions
    var status = CL_SUCCESS
    let created = source.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        var text = characters.baseAddress
        var count = characters.count
        return functions.createProgramWithSource(session.context, 1, &text, &count, &status)
      }
    }
    guard let program = created, status == CL_SUCCESS else {
      throw OpenCLStatus(status).error(
        "clCreateProgramWithSource", "\(name).cl cannot be given to the driver")
    }
    var device: OpaquePointer? = session.device.handle
    status = functions.buildProgram(program, 1, &device, options, nil, nil)
    guard status == CL_SUCCESS else {
      let log = buildLog(program)
      _ = functions.releaseProgram(program)
      throw ComputeError(
        .deviceFailure,
        "\(name).cl does not compile on \(session.device.device.id) "
          + "(\(session.device.device.name), driver \(session.device.device.driver))",
        remedy: "Please report this with the log. `device: cpu` works without a compiler.",
        cause: "clBuildProgram: \(OpenCLStatus(status)) with \(options); log:\n\(log)")
    }
    if let cache, let key, let binary = binary(of: program) { cache.keep(binary, for: key) }
    return program
  }

  /// A program from what an earlier run compiled; nil where the driver does not take it.
  private func load(_ binary: [UInt8], options: String) -> OpaquePointer? {
    let functions = session.functions
    var device: OpaquePointer? = session.device.handle
    var status = CL_SUCCESS
    let program = binary.withUnsafeBufferPointer { bytes in
      var start = bytes.baseAddress
      var count = bytes.count
      return functions.createProgramWithBinary(
        session.context, 1, &device, &count, &start, nil, &status)
    }
    guard let program else { return nil }
    if status == CL_SUCCESS,
      functions.buildProgram(program, 1, &device, options, nil, nil) == CL_SUCCESS
    {
      return program
    }
    _ = functions.releaseProgram(program)
    return nil
  }

  private func binary(of program: OpaquePointer) -> [UInt8]? {
    var size = 0
    let bytes = MemoryLayout<Int>.size
    guard
      session.functions.getProgramInfo(program, CL_PROGRAM_BINARY_SIZES, bytes, &size, nil)
        == CL_SUCCESS, size > 0
    else { return nil }
    var binary = [UInt8](repeating: 0, count: size)
    let status = binary.withUnsafeMutableBufferPointer { bytes in
      var start = bytes.baseAddress
      return session.functions.getProgramInfo(
        program, CL_PROGRAM_BINARIES, MemoryLayout.size(ofValue: start), &start, nil)
    }
    return status == CL_SUCCESS ? binary : nil
  }

  private func buildLog(_ program: OpaquePointer) -> String {
    let (functions, device) = (session.functions, session.device.handle)
    var size = 0
    guard
      functions.getProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nil, &size)
        == CL_SUCCESS, size > 1
    else { return "(empty)" }
    var bytes = [UInt8](repeating: 0, count: size)
    guard
      functions.getProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, &bytes, nil)
        == CL_SUCCESS
    else { return "(unreadable)" }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The files of Kernels/ by name.
  static let sources: [String: [UInt8]] = {
    var sources: [String: [UInt8]] = [:]
    for index in 0..<kernel_source_count {
      guard let source = kernel_source(index)?.pointee else { continue }
      sources[String(cString: source.name)] = Array(
        UnsafeBufferPointer(start: source.text, count: source.count))
    }
    return sources
  }()
}
