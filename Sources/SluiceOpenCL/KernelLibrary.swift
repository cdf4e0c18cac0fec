import COpenCL
import SluiceCompute

/// Names a kernel of Kernels/, and how it is compiled.
struct KernelName: Hashable, ExpressibleByStringLiteral {
  var name: String
  /// The cell of a recurrence, whose formulas go before its file.
  var cell: RecurrentCell?
  /// Constants that its file is compiled with.
  var options: [String: Int]

  init(_ name: String, _ options: [String: Int] = [:]) {
    self.name = name
    self.options = options
  }

  /// A kernel of a recurrence.
  init(_ name: String, of cell: RecurrentCell, _ options: [String: Int]) {
    self.init(name, options.merging(cell.kernelOptions) { $1 })
    self.cell = cell
  }

  init(stringLiteral name: String) {
    self.init(name)
  }
}

/// A kernel, and the program that it comes from, which may still be being compiled.
final class Kernel {
  let declaration: KernelDeclaration
  /// Those that it has under its options.
  let parameters: [KernelDeclaration.Parameter]
  let program: ProgramBuild
  private let functions: OpenCLFunctions
  private var made: OpaquePointer?

  init(_ name: KernelName, _ declaration: KernelDeclaration, from program: ProgramBuild) {
    self.declaration = declaration
    self.program = program
    functions = program.functions
    parameters = declaration.parameters.filter {
      $0.option.map { name.options[$0, default: 0] != 0 } ?? true
    }
  }

  deinit {
    if let made { _ = functions.releaseKernel(made) }
  }

  /// The kernel, ready for its arguments. Waits for its program.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure`, and the compiler's log as its cause.
  func handle() throws(ComputeError) -> OpaquePointer {
    if let made { return made }
    let name = declaration.name
    let program: OpaquePointer
    do {
      program = try self.program.result()
    } catch {
      throw ComputeError(
        error.code, "the kernel \(name) cannot be had: \(error.what)", remedy: error.remedy,
        cause: error.cause)
    }
    var status = CL_SUCCESS
    guard let kernel = functions.createKernel(program, name, &status), status == CL_SUCCESS else {
      throw OpenCLStatus(status).error(
        "clCreateKernel", "the kernel \(name) of \(declaration.file) cannot be made")
    }
    made = kernel
    return kernel
  }
}

/// The kernels of one device. Each file is compiled when first needed, once per set of options, while
/// its caller goes on; what was compiled is kept on disk.
final class KernelLibrary {
  private struct ProgramName: Hashable {
    var file: String
    var cell: RecurrentCell?
    var options: [String: Int]
  }

  private let compiler: ProgramCompiler
  private let compilesAside: Bool
  private var programs: [ProgramName: ProgramBuild] = [:]
  private var kernels: [KernelName: Kernel] = [:]

  /// - Parameter compilesAside: Whether programs are compiled by threads of their own.
  init(_ session: OpenCLSession, cache: ProgramCache?, compilesAside: Bool = true) {
    compiler = ProgramCompiler(session: session, cache: cache)
    self.compilesAside = compilesAside
  }

  deinit {
    for program in programs.values { program.cancel() }
  }

  /// The names of all kernels that have been asked for so far.
  var names: Set<String> { Set(kernels.keys.map(\.name)) }

  /// Programs that have been asked for so far.
  var programCount: Int { programs.count }

  /// Programs that are still being compiled.
  var unfinishedCount: Int { programs.values.count { !$0.isDone } }

  /// The kernel of this name, which begins to be compiled unless it has been.
  ///
  /// - Throws: ``ComputeError`` with `.deviceFailure` where there is none.
  func kernel(_ name: KernelName) throws(ComputeError) -> Kernel {
    if let kernel = kernels[name], !kernel.program.hasFailed { return kernel }
    guard let declaration = KernelDeclaration.all[name.name] else {
      throw ComputeError(.deviceFailure, "this build has no kernel named \(name.name)")
    }
    let program = program(
      ProgramName(file: declaration.file, cell: name.cell, options: name.options))
    let kernel = Kernel(name, declaration, from: program)
    kernels[name] = kernel
    return kernel
  }

  private func program(_ name: ProgramName) -> ProgramBuild {
    if let program = programs[name], !program.hasFailed { return program }
    let before = ["common.clh"] + (name.cell.map { ["recurrent.clh", $0.kernelFile] } ?? [])
    let text = (before + [name.file]).compactMap { KernelDeclaration.sources[$0] }.joined()
    let program = begin(text, name.options, file: name.file)
    programs[name] = program
    return program
  }

  private func begin(_ text: String, _ options: [String: Int], file: String) -> ProgramBuild {
    let program = ProgramBuild(text, options, file: file, compiler)
    if compilesAside {
      CompilerThreads.shared.run { program.run() }
    } else {
      program.run()
    }
    return program
  }

  /// Compiles a text, or takes what an earlier run has compiled of it; waits for it.
  ///
  /// - Parameter file: what errors call it.
  func build(
    _ source: [UInt8], _ options: [String: Int] = [:], file: String
  ) throws(ComputeError) -> OpaquePointer {
    try compiler.build(source, options, file: file)
  }
}
