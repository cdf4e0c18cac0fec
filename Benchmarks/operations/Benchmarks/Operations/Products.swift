import Sluice
import SluiceCompute

extension MeasuredDevice {
  /// The four orientations, square and skinny: M × K by K × N.
  var products: [MeasuredOperation] {
    let sizes = [(512, 512, 512), (2048, 32, 128), (32, 512, 2048), (256, 1, 64)]
    return sizes.flatMap { m, n, k in
      [(false, false), (false, true), (true, false), (true, true)].map { left, right in
        operation(
          "product \(m)x\(k) by \(k)x\(n) \(left ? "T" : "N")\(right ? "T" : "N")",
          flops: 2 * Double(m * n * k)
        ) {
          MatrixProduct(
            try random(left ? [k, m] : [m, k]), try random(right ? [n, k] : [k, n]),
            into: try backend.makeTensor([m, n]), transposeLeft: left, transposeRight: right)
        }
      }
    }
  }
}
