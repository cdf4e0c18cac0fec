import SluiceCompute
import Testing

@Suite("Shapes and views")
struct TensorTests {
  @Test("extents of shapes")
  func shapes() {
    let shape: Shape = [4, 3, 2]
    #expect((shape.rank, shape.count, shape.rows, shape.columns) == (3, 24, 12, 2))
    #expect(shape[1] == 3)
    #expect("\(shape)" == "[4, 3, 2]")
    let scalar: Shape = []
    #expect((scalar.rank, scalar.count, scalar.rows, scalar.columns) == (0, 1, 1, 1))
    let vector: Shape = [5]
    #expect((vector.rows, vector.columns) == (1, 5))
    #expect(Shape([0, 5]).count == 0)
  }

  @Test("columns are a strided view")
  func columns() {
    let tensor = floats([4, 3, 10])
    let view = tensor.columns(2..<5)
    #expect(view.shape == [4, 3, 3])
    #expect((view.offset, view.rowStride, view.end) == (2, 10, 2 + 11 * 10 + 3))
    #expect(!view.isContiguous)
    let inner = view.columns(1..<2)
    #expect((inner.offset, inner.rowStride, inner.columns) == (3, 10, 1))
    #expect(tensor.columns(0..<10).isContiguous)
    #expect(tensor.columns(3..<3).count == 0)
  }

  @Test("a step is the view of one outer entry")
  func steps() {
    let step = floats([4, 3, 10]).step(2)
    #expect(step.shape == [3, 10])
    #expect((step.offset, step.rowStride, step.isContiguous) == (60, 10, true))
    let strided = floats([4, 3, 10]).columns(1..<4).step(3)
    #expect((strided.offset, strided.rowStride, strided.end) == (91, 10, 91 + 23))
  }

  @Test("other extents over the same elements")
  func reshaped() {
    let flat = floats([4, 3, 10]).reshaped([120])
    #expect((flat.shape, flat.rowStride) == ([120], 120))
    #expect(flat.isContiguous)
    let view = floats([4, 3, 10]).columns(2..<5).reshaped([12, 3])
    #expect((view.shape, view.rowStride, view.offset) == ([12, 3], 10, 2))
  }

  @Test("one row is contiguous however far the next would be; an empty view ends where it starts")
  func edges() {
    let buffer = HostBuffer(100)
    #expect(Tensor(buffer: buffer, shape: [1, 3], rowStride: 50).isContiguous)
    #expect(Tensor(buffer: buffer, offset: 7, shape: [0, 3]).end == 7)
    #expect(Tensor(buffer: buffer, shape: [2, 3], rowStride: 50).end == 53)
  }

  @Test("an error says what, why and what to do")
  func errorText() {
    let error = ComputeError(
      .outOfMemory, "no room for 3 GiB", remedy: "Use a smaller batch.",
      cause: "CL_OUT_OF_RESOURCES")
    #expect("\(error)" == "no room for 3 GiB (CL_OUT_OF_RESOURCES). Use a smaller batch.")
    #expect("\(ComputeError(.noDevice, "no device"))" == "no device")
  }
}
