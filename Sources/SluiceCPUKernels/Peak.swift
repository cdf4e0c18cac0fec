import SluiceCPUInterface

extension Kernels {
  package static func multiplyAddChains(_ count: Int, seed: Float) -> Float {
    let x = broadcast(seed)
    let y = broadcast(1 - seed)
    var a0 = x, a1 = y, a2 = x, a3 = y, a4 = x, a5 = y
    var b0 = x, b1 = y, b2 = x, b3 = y, b4 = x, b5 = y
    for _ in 0..<count {
      a0 = multiplyAdd(a0, x, y)
      a1 = multiplyAdd(a1, x, y)
      a2 = multiplyAdd(a2, x, y)
      a3 = multiplyAdd(a3, x, y)
      a4 = multiplyAdd(a4, x, y)
      a5 = multiplyAdd(a5, x, y)
      b0 = multiplyAdd(b0, x, y)
      b1 = multiplyAdd(b1, x, y)
      b2 = multiplyAdd(b2, x, y)
      b3 = multiplyAdd(b3, x, y)
      b4 = multiplyAdd(b4, x, y)
      b5 = multiplyAdd(b5, x, y)
    }
    let a = ((a0 + a1) + (a2 + a3)) + (a4 + a5)
    let b = ((b0 + b1) + (b2 + b3)) + (b4 + b5)
    return (a + b)[0]
  }
}
