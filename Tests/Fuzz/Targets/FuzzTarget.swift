import SluicePlatform

/// A way for outside bytes into the library, to be tried with whatever bytes there are.
///
/// Whatever they are, the answer is a result or an error of ours, with a message: no crash, no hang, no
/// memory beyond measure.
package struct FuzzTarget {
  /// The folder of its seeds and findings in `Corpus`.
  package let name: String
  private let body: ([UInt8]) throws -> Void

  init(_ name: String, _ body: @escaping ([UInt8]) throws -> Void) {
    self.name = name
    self.body = body
  }

  /// Whether the input was taken; false: it was refused, with a message.
  ///
  /// - Throws: What is no ``SluiceError``: a finding, like a crash.
  @discardableResult
  package func run(_ bytes: [UInt8]) throws -> Bool {
    do {
      try body(bytes)
      return true
    } catch is any SluiceError {
      return false
    }
  }

  package static var all: [FuzzTarget] {
    [.table, .safetensors, .settings, .checkpoint, .metrics, .report]
      + [.sales, .residual, .churn, .history, .reviews, .means, .ratings]
  }
}
