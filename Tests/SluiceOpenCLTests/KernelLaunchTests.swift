import Foundation
import SluiceCompute
import Testing

@testable import SluiceOpenCL

/// Kernels are read from their sources, and a launch that does not fit its kernel's source is refused.
@Suite struct KernelLaunchTests {
  /// Every file of Kernels/ is in the binary, and every kernel of it is known.
  @Test func everyKernelIsDeclared() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Kernels").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.count > 10)
    for file in files {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      let count = text.split(separator: "\n").count { $0.hasPrefix("__kernel ") }
      let known = KernelDeclaration.all.values.filter { $0.file == file }
      #expect(known.count == count, "\(file): \(known.map(\.name))")
      #expect(KernelDeclaration.sources[file] == text)
    }
  }

  /// Every cell has its formulas.
  @Test(arguments: RecurrentCell.allCases) func aCellHasItsFile(cell: RecurrentCell) throws {
    let text = try #require(KernelDeclaration.sources[cell.kernelFile])
    #expect(text.contains(" advance(") && text.contains(" differentiate("))
  }

  @Test func parametersAreThoseOfTheSource() throws {
    let product = try #require(KernelDeclaration.all["matrix_product"])
    #expect(product.file == "matrix_product.cl")
    let plain = product.parameters.filter { $0.option == nil }.map(\.name)
    #expect(
      plain == [
        "left", "right", "output", "bias", "bias2", "bias2_count", "partials", "M", "N", "K",
        "part_depth", "scale", "accumulate",
      ])
    let packing = product.parameters.filter { $0.option == "PACK" }.map(\.name)
    #expect(packing == ["recurrent", "packed", "H", "depth"])
    #expect(product.parameters.contains { $0.option == "RECURRENT" && $0.name == "hidden" })
    func kind(_ name: String) -> KernelDeclaration.Parameter.Kind? {
      product.parameters.first { $0.name == name }?.kind
    }
    #expect(kind("left") == .address(hasOffset: true, hasStride: true))
    #expect(kind("bias2") == .address(hasOffset: true, hasStride: false))
    #expect(kind("partials") == .address(hasOffset: false, hasStride: false))
    #expect(kind("scale") == .float)
    let persistent = try #require(KernelDeclaration.all["recurrent_persistent_forward"])
    #expect(persistent.parameters.suffix(2).map(\.name) == ["state", "near"])
    #expect(persistent.parameters.last?.kind == .local)
  }

  @Test(.enabled(if: TestDevice.exists)) func argumentsMustFit() throws {
    let backend = try TestDevice.open()
    let before = [Float](repeating: 3, count: 8)
    let output = try backend.makeTensor([4, 2], before)
    func refusal(_ name: KernelName, _ arguments: KernelArguments) throws -> String {
      let error = #expect(throws: ComputeError.self) {
        try backend.launch(name, count: 8, arguments)
      }
      #expect(error?.code == .invalidArgument)
      #expect(try backend.read(output) == before)
      return error?.what ?? ""
    }
    let (target, columns, count, bits):
      (KernelArgument, KernelArgument, KernelArgument, KernelArgument) =
        (.tensor(output), .int(2), .int(8), .uint(0))
    // Two of one type, swapped.
    #expect(
      try refusal("fill", ["output": target, "count": count, "columns": columns, "bits": bits])
        == "the kernel fill takes columns, not count")
    #expect(
      try refusal("fill", ["output": target, "columns": columns, "count": count])
        == "the kernel fill takes bits, not nothing")
    #expect(
      try refusal(
        "fill",
        [
          "output": target, "columns": columns, "count": count, "bits": bits, "scale": .float(1),
        ]) == "the kernel fill takes no scale")
    // Another type.
    #expect(
      try refusal(
        "fill", ["output": target, "columns": columns, "count": count, "bits": .float(0)]
      )
      .hasPrefix("the kernel fill takes bits as "))
    // Rows that the kernel has no stride for.
    #expect(
      try refusal(
        "sum_of_squares",
        ["input": .tensor(output.columns(0..<1)), "count": .int(4), "partials": .tensor(output)])
        == "the kernel sum_of_squares takes input from its buffer's start and contiguous")
    try backend.launch(
      "fill", count: 8, ["output": target, "columns": columns, "count": count, "bits": bits])
    #expect(try backend.read(output) == [Float](repeating: 0, count: 8))
    let unknown = #expect(throws: ComputeError.self) { try backend.launch("none", count: 1, [:]) }
    #expect(unknown?.what == "this build has no kernel named none")
  }
}
