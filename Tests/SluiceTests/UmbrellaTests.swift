import Foundation
import Sluice
import Testing

/// `import Sluice` brings no name that users or Foundation have: with two of them this file would not
/// compile.
@Suite struct UmbrellaTests {
  private struct Copy { var name = "mine" }
  private struct Fill { var name = "mine" }

  @Test func namesStayTheUsers() {
    let operation: Operation = BlockOperation {}
    operation.name = "ours"
    #expect(operation.name == "ours")
    #expect(Copy().name == "mine" && Fill().name == "mine")
  }
}
