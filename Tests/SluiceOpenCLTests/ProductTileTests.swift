import SluiceCompute
import SluiceConformance
import Testing

@testable import SluiceOpenCL

/// Every tile that a product may be made of, on results that are smaller, as large and larger, with K
/// in one part and in several. By their extents, the largest tiles would need large products.
@Suite(.enabled(if: TestDevice.exists)) struct ProductTileTests {
  @Test(arguments: [
    ProductTile.large, .small, .quick, .narrow, .tall, .wide, .processor,
  ]) func products(tile: ProductTile) throws {
    try run(tile, MatrixProduct.name) { name in
      ["M 2 N 3 K 1", "M 33 N 65 K 13", "M 64 N 64 K 64", "M 130 N 31 K 7", "M 97 N 129 K 130"]
        .contains { name.hasPrefix($0) } || name.hasSuffix("NaN in one row")
    }
  }

  /// The gradients of a layer's weights: rows that end early, a state to begin with, masks, both
  /// directions.
  @Test(arguments: [ProductTile.large, .small, .quick, .processor])
  func weightGradients(tile: ProductTile) throws {
    try run(tile, RecurrentBackward.name) { name in
      name.hasPrefix("T 7 N 5 C 3 H 17") && !name.contains(", V ")
        || ["T 4 N 6 C 7 H 32", "T 4 N 6 C 7 H 65", "T 30 N 8 C 16 H 16", "T 100 N 3 C 4 H 20"]
          .contains { name.hasPrefix($0) }
    }
  }

  /// Both directions of a layer, whose products are made by one launch, and by two of the large tile.
  @Test(arguments: [ProductTile.large, .small, .quick, .narrow, .tall, .wide])
  func bothDirections(tile: ProductTile) throws {
    var options = TestDevice.options
    options.recurrentKernels = .registers
    for operation in [BidirectionalForward.name, BidirectionalBackward.name] {
      try run(tile, operation, options) { _ in true }
    }
  }

  private func run(
    _ tile: ProductTile, _ operation: String, _ options: OpenCLOptions = TestDevice.options,
    _ isWanted: (String) -> Bool
  ) throws {
    let backend = try TestDevice.open(options)
    backend.tile = tile
    let cases = Conformance.cases.filter { $0.operation == operation && isWanted($0.name) }
    try #require(cases.count > 5)
    for item in cases {
      let result = try item.run(on: backend)
      #expect(result.verdict == .passed, "\(item): \(result)")
    }
  }

  /// The parts of a product are whole slabs, cover K, and are not empty.
  @Test func partsCoverK() {
    for rows in [1, 16, 17, 64, 200, 512, 2048, 23040] {
      for columns in [1, 16, 32, 33, 62, 128, 144, 1024] {
        for depth in [0, 1, 12, 50, 255, 512, 2048, 2880, 12800, 61440] {
          for plan in [
            ProductPlan(rows, columns, depth: depth, cutFrom: 2048),
            ProductPlan(rows, columns, depth: depth, cutFrom: 512),
            ProductPlan(joined: rows, columns, depth: depth),
            ProductPlan(onProcessor: rows, columns, depth: depth),
          ] {
            #expect(plan.partDepth.isMultiple(of: plan.tile.depth) && plan.partDepth > 0)
            #expect(plan.parts * plan.partDepth >= depth)
            #expect(depth == 0 || (plan.parts - 1) * plan.partDepth < depth)
            // What the parts take does not grow with the network.
            #expect(
              plan.parts == 1 || plan.parts * plan.tile.area(rows, columns) <= 264 * 128 * 128)
          }
        }
      }
    }
  }
}
