import SluiceCompute
import SluiceConformance
import SluiceOpenCL
import Testing

/// A few small cases of every operation, recurrent layers by both strategies: few enough to be run
/// under a checker of memory and races.
@Suite(.enabled(if: TestDevice.exists), .serialized) struct SmallCasesTests {
  struct Selection: Sendable, CustomTestStringConvertible {
    var operation: String
    var largestPersistent: Int
    var cases: [ConformanceCase]

    var testDescription: String {
      operation + (largestPersistent == 0 ? ", stepwise" : "")
    }
  }

  static let selections: [Selection] = {
    var names: [String] = []
    for item in Conformance.cases where names.last != item.operation {
      names.append(item.operation)
    }
    return names.flatMap { name in
      let all = Conformance.cases.filter { $0.operation == name }
      guard name.hasPrefix("recurrent") else {
        return [Selection(operation: name, largestPersistent: 256, cases: Array(all.prefix(3)))]
      }
      let few = all.filter { item in recurrent.contains { item.name.hasPrefix($0) } }
      return [256, 0].map {
        Selection(operation: name, largestPersistent: $0, cases: Array(few.prefix(2)))
      }
    }
  }()

  /// Every option at once, and a size whose weights stream from the cache where local memory is
  /// short.
  private static let recurrent = [
    "T 7 N 5 C 3 H 17, reverse, lengths, initial, final, dropout", "T 4 N 6 C 7 H 48, initial",
  ]

  @Test(arguments: selections) func smallCases(selection: Selection) throws {
    #expect(!selection.cases.isEmpty)
    var options = TestDevice.options
    options.largestPersistent = selection.largestPersistent
    options.localMemoryLimit = 24 << 10
    let backend = try TestDevice.open(options)
    for summary in Conformance.run(selection.cases, on: backend) {
      for failure in summary.failures { Issue.record("\(summary.operation), \(failure)") }
    }
  }
}
