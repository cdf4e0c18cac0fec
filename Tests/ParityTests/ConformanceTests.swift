import SluiceCPU
import SluiceCompute
import SluiceConformance
import Testing

/// The names of all operations, in the order of the list of cases.
let operations: [String] = Conformance.cases.reduce(into: []) { names, item in
  if names.last != item.operation { names.append(item.operation) }
}

/// The cases of one operation.
func cases(of operation: String) -> [ConformanceCase] {
  Conformance.cases.filter { $0.operation == operation }
}

@Suite("Every back end against the reference")
struct ConformanceTests {
  @Test(
    "gradients of the reference are those of finite differences",
    arguments: Conformance.gradientChecks)
  func gradientCheck(check: GradientCheck) {
    let error = check.run()
    #expect(error < check.tolerance)
  }

  @Test("operations agree with the reference", arguments: Backends.all(), operations)
  func parity(tested: TestedBackend, operation: String) throws {
    let summaries = Conformance.run(cases(of: operation), on: try tested.make())
    for summary in summaries {
      for failure in summary.failures {
        Issue.record("\(tested), \(summary.operation), \(failure)")
      }
    }
  }

  @Test("one thread and three give the same bits, and so does a second run", arguments: operations)
  func determinism(operation: String) throws {
    let single = try CPUBackend(threads: 1)
    let several = try CPUBackend(threads: 3)
    for item in cases(of: operation) {
      let digest = try item.digest(on: several)
      #expect(try item.digest(on: several) == digest, "\(item), run twice")
      #expect(try item.digest(on: single) == digest, "\(item), on one thread")
    }
  }

  @Test("a back end that does nothing passes no case where something is to be done")
  func idleBackend() throws {
    let idle = IdleBackend(memory: try CPUBackend(threads: 1))
    let passed = try Conformance.cases.filter { try $0.run(on: idle).verdict == .passed }
    // A halted step and the identity in place leave everything as it is.
    let allowed = passed.filter { $0.name.hasSuffix("halted") || $0.name.hasSuffix("in place") }
    #expect(passed.map(\.description) == allowed.map(\.description))
    #expect(allowed.count == Conformance.cases.filter { isIdle($0.name) }.count)
  }

  private func isIdle(_ name: String) -> Bool {
    name.hasSuffix("stays halted") || (name.hasPrefix("identity") && name.hasSuffix("in place"))
  }

  @Test("every operation has a case, and no two cases have one name")
  func list() {
    let names: Set = [
      Fill.name, Copy.name, LinearCombination.name, SumOverSteps.name, ColumnSum.name,
      SumOfSquares.name, MatrixProduct.name, ActivationForward.name, ActivationBackward.name,
      Dropout.name, RecurrentForward.name, RecurrentBackward.name, EmbeddingForward.name,
      EmbeddingBackward.name, PoolForward.name, PoolBackward.name, Loss.name, OptimizerStep.name,
      GatherWindows.name, GatherRows.name, GatherSequences.name, EmbeddingBagForward.name,
      EmbeddingBagBackward.name, ColumnTokensForward.name, ColumnTokensBackward.name,
      Concatenate.name, ColumnsToSteps.name, LinearBackward.name, BidirectionalForward.name,
      BidirectionalBackward.name,
    ]
    #expect(Set(operations) == names)
    #expect(operations.count == names.count)
    let repeated = Dictionary(grouping: Conformance.cases, by: \.description)
      .filter { $0.value.count > 1 }
    #expect(repeated.keys.sorted() == [])
  }

  @Test("the table has a row for each operation, and says which failed")
  func table() throws {
    let fill = Conformance.run(cases(of: Fill.name), on: try CPUBackend(threads: 1))
    let idle = try Conformance.run(
      cases(of: MatrixProduct.name), on: IdleBackend(memory: CPUBackend(threads: 1)))
    let lines = OperationSummary.table(of: fill + idle).split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("fill") && lines[1].contains("equal") && lines[1].contains("passed"))
    #expect(lines[2].hasPrefix("matrix product") && lines[2].contains("1.0e-05"))
    #expect(lines[2].contains("\(cases(of: MatrixProduct.name).count) failed"))
  }

  @Test("a plan says which strategy and why", arguments: Backends.all())
  func plans(tested: TestedBackend) throws {
    let backend = try tested.make()
    for H in [1, 50, 128, 512, 2000] {
      let descriptor = RecurrentDescriptor(steps: 10, batch: 32, inputSize: 16, hiddenSize: H)
      let plan = try backend.plan(for: descriptor)
      #expect(!plan.reason.isEmpty)
      #expect(try backend.plan(for: descriptor) == plan)
    }
  }
}
