import COpenCL
import SluiceCompute

/// Makes programs for one device. May be used from several threads at once, as OpenCL says of what it
/// calls.
struct ProgramCompiler: Sendable {
  let session: OpenCLSession
  let cache: ProgramCache?

  /// Compiles a text, or takes what an earlier run has compiled of it.
  ///
  /// - Parameter file: what errors call it.
  func build(
    _ source: [UInt8], _ options: [String: Int] = [:], file: String
  ) throws(ComputeError) -> OpaquePointer {
    // In one order, since the cache looks at the text.
    let options = "-cl-std=CL1.2" + options.map { " -D\($0)=\($1)" }.sorted().joined()
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
        "clCreateProgramWithSource", "\(file) cannot be given to the driver")
    }
    var device: OpaquePointer? = session.device.handle
    status = functions.buildProgram(program, 1, &device, options, nil, nil)
    guard status == CL_SUCCESS else {
      let log = OpenCLDevice.text {
        functions.getProgramBuildInfo(
          program, session.device.handle, CL_PROGRAM_BUILD_LOG, $0, $1, $2)
      }
      _ = functions.releaseProgram(program)
      let why = "clBuildProgram: \(OpenCLStatus(status)) with \(options)"
      guard status == CL_BUILD_PROGRAM_FAILURE || !log.isEmpty else {
        throw ComputeError(
          .deviceFailure,
          "the driver of \(session.device.device.id) (\(session.device.device.name)) failed at "
            + "compiling \(file)", remedy: OpenCLStatus.remedy, cause: why)
      }
      throw ComputeError(
        .deviceFailure,
        "\(file) does not compile on \(session.device.device.id) "
          + "(\(session.device.device.name), driver \(session.device.device.driver))",
        remedy: "Please report this with the log. `device: cpu` works without a compiler.",
        cause: "\(why); log:\n\(log.isEmpty ? "(empty)" : log)"
      )
    }
    if let cache, let key, let binary = binary(of: program) { cache.keep(binary, for: key) }
    return program
  }

  /// Bytes of a compiled program, at most: a driver that names more is not believed.
  private static let largestBinary = 1 << 28

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
        == CL_SUCCESS, (1...Self.largestBinary).contains(size)
    else { return nil }
    var binary = [UInt8](repeating: 0, count: size)
    let status = binary.withUnsafeMutableBufferPointer { bytes in
      var start = bytes.baseAddress
      return session.functions.getProgramInfo(
        program, CL_PROGRAM_BINARIES, MemoryLayout.size(ofValue: start), &start, nil)
    }
    return status == CL_SUCCESS ? binary : nil
  }
}
