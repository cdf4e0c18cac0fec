import Testing

@testable import SluiceTables

struct StratifiedFoldsTests {
  private static let labels = (0..<103).map { $0 % 7 == 0 ? 1 : $0 % 11 == 0 ? 2 : 0 }

  @Test(arguments: [1, 2, 5, 10])
  func everyFoldHasItsShareOfEveryClass(count: Int) {
    let folds = StratifiedFolds(labels: Self.labels, foldCount: count, seed: 1)
    let sizes = (0..<count).map { folds.rows(in: $0).count }
    #expect(sizes.reduce(0, +) == 103)
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    for label in 0..<3 {
      let own = (0..<count).map { fold in
        folds.rows(in: fold).count { Self.labels[$0] == label }
      }
      #expect((own.max() ?? 0) - (own.min() ?? 0) <= 1)
    }
    for fold in 0..<count {
      #expect((folds.rows(in: fold) + folds.rows(outside: fold)).sorted() == Array(0..<103))
    }
  }

  @Test func isAFunctionOfSeedAndStream() {
    let folds = StratifiedFolds(labels: Self.labels, foldCount: 5, seed: 1)
    #expect(folds == StratifiedFolds(labels: Self.labels, foldCount: 5, seed: 1))
    #expect(folds != StratifiedFolds(labels: Self.labels, foldCount: 5, seed: 2))
    #expect(folds != StratifiedFolds(labels: Self.labels, foldCount: 5, seed: 1, stream: 1))
  }

  @Test func splitTakesAShareOfEveryClass() {
    let (kept, heldOut) = StratifiedFolds.split(labels: Self.labels, holdingOut: 0.2, seed: 1)
    #expect((kept + heldOut).sorted() == Array(0..<103))
    for label in 0..<3 {
      let all = Self.labels.count { $0 == label }
      let taken = heldOut.count { Self.labels[$0] == label }
      #expect(taken == Int((Double(all) * 0.2).rounded()))
    }
    #expect(StratifiedFolds.split(labels: Self.labels, holdingOut: 0, seed: 1).heldOut.isEmpty)
  }
}
