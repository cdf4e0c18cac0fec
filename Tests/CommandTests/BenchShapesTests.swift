import Foundation
import Sluice
import Testing

@Suite struct BenchShapesTests {
  /// What the PyTorch script reads: every shape with its extents.
  @Test func shapesArePrintedAsJSON() throws {
    let run = try Sluice.run("bench", "--shapes", in: try Folder())
    #expect(run.status == 0)
    let shapes = try JSONDecoder().decode([RaceShape].self, from: Data(run.output.utf8))
    #expect(shapes == RaceShape.all)
    #expect(run.errors.isEmpty, "\(run.errors)")
  }

  /// Folding leaves the products of the input for different tokens alone.
  @Test func foldingLeavesFewerOperations() throws {
    let shape = try #require(RaceShape.all.first { $0.vocabulary > 0 })
    let places = shape.steps * shape.batch
    #expect(shape.operations(distinctTokens: places) == shape.operations)
    let recurrence = 24.0 * Double(shape.hidden * shape.hidden * places * shape.layers)
    #expect(shape.layers == 1 && shape.operations(distinctTokens: 0) == recurrence)
  }
}
