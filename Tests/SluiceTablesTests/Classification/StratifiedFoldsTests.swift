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

  /// Groups of one row each change nothing; larger ones stay together, whatever their classes.
  @Test(arguments: [2, 5, 10])
  func groupsStayInOneFold(count: Int) {
    let alone = StratifiedFolds(
      labels: Self.labels, groups: Array(0..<103), foldCount: count, seed: 1)
    #expect(alone == StratifiedFolds(labels: Self.labels, foldCount: count, seed: 1))
    let groups = (0..<103).map { $0 < 60 ? $0 / 6 : $0 }
    let folds = StratifiedFolds(labels: Self.labels, groups: groups, foldCount: count, seed: 1)
    for group in 0..<10 {
      #expect(Set((group * 6..<group * 6 + 6).map { folds.folds[$0] }).count == 1)
    }
    let sizes = (0..<count).map { folds.rows(in: $0).count }
    #expect(sizes.reduce(0, +) == 103 && (sizes.max() ?? 0) - (sizes.min() ?? 0) <= 6, "\(sizes)")
  }

  /// One text in half of the rows would leave the other folds with next to nothing.
  @Test func aGroupLargerThanAFoldIsDealtOut() {
    let folds = StratifiedFolds(
      labels: Self.labels, groups: (0..<103).map { max(0, $0 - 50) }, foldCount: 5, seed: 1)
    #expect(folds == StratifiedFolds(labels: Self.labels, foldCount: 5, seed: 1))
    let few = StratifiedFolds(
      labels: [0, 1, 0, 1], groups: [0, 0, 0, 0], foldCount: 4, seed: 1)
    #expect(few.folds.sorted() == [0, 1, 2, 3])
  }

  @Test func splitKeepsGroupsTogether() {
    let alone = StratifiedFolds.split(
      labels: Self.labels, groups: Array(0..<103), holdingOut: 0.2, seed: 1)
    let plain = StratifiedFolds.split(labels: Self.labels, holdingOut: 0.2, seed: 1)
    #expect(alone.heldOut == plain.heldOut && alone.kept == plain.kept)
    let groups = (0..<103).map { $0 / 4 }
    let split = StratifiedFolds.split(
      labels: Self.labels, groups: groups, holdingOut: 0.2, seed: 1)
    #expect(Set(split.kept.map { groups[$0] }).isDisjoint(with: split.heldOut.map { groups[$0] }))
    #expect((split.kept + split.heldOut).sorted() == Array(0..<103))
    #expect((15...30).contains(split.heldOut.count), "\(split.heldOut.count)")
    // All rows alike: they are split all the same.
    let same = StratifiedFolds.split(
      labels: Self.labels, groups: [Int](repeating: 0, count: 103), holdingOut: 0.2, seed: 1)
    #expect(same.heldOut == plain.heldOut)
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
