import SluiceCompute

/// Parts of a product of weight gradients, and the gradients that their sums are to be added to.
struct GradientJoin {
  /// As matrix_product.cl leaves them with SUMS: `[parts, M, C + H]`, and behind them `[parts, M]`.
  var partials: Tensor
  var parts: Int
  /// M.
  var rows: Int
  /// S·H: so many of the last rows belong to the hidden state alone, and as many before them to the input
  /// alone.
  var separate = 0
  /// C.
  var inputSize: Int
  /// H.
  var hiddenSize: Int
  /// `[M − S·H, C]`, `[M − S·H, H]` and twice `[M − S·H]`, contiguous; nil for what there is none of, or
  /// not wanted.
  var targets: [Tensor?]

  /// An item for each element of a part.
  fileprivate var items: Int { rows * (inputSize + hiddenSize + 1) }

  fileprivate var places: [Tensor] { targets.compactMap { $0 } }
}

/// The joins that wait for each other, so that those of all layers are one launch.
///
/// Nobody can tell that they wait: a tensor's memory is had from ``OpenCLBackend/memory(_:)`` alone, which
/// has them done first where they concern it.
struct GradientJoins {
  private(set) var waiting: [GradientJoin] = []
  private var elements = 0

  /// As many as the kernel takes.
  static let most = 8
  /// Elements of the parts that may wait: 16 MiB.
  private static let limit = 1 << 22

  /// Whether no more may wait.
  var isFull: Bool { waiting.count == Self.most || elements >= Self.limit }

  mutating func append(_ join: GradientJoin) {
    waiting.append(join)
    elements += join.partials.count
  }

  /// Whether one of them is still to change the tensor.
  func concern(_ tensor: Tensor) -> Bool {
    waiting.contains { join in
      join.places.contains {
        $0.buffer === tensor.buffer && $0.offset < tensor.end && tensor.offset < $0.end
      }
    }
  }
}

extension OpenCLBackend {
  /// Adds the parts to the gradients, at the latest when somebody asks for these.
  ///
  /// - Throws: ``ComputeError`` with `.invalidArgument` for gradients of another device, with
  ///   `.deviceFailure` where joins that waited fail.
  func enqueue(_ join: GradientJoin) throws(ComputeError) {
    // What is added to the same gradients before is.
    for place in join.places { _ = try memory(place) }
    joins.append(join)
    if joins.isFull { try enqueueJoins() }
  }

  /// Enqueues all joins that wait: one launch for each buffer that gradients are in, and networks have
  /// theirs in one.
  func enqueueJoins() throws(ComputeError) {
    let waiting = joins.waiting
    guard !waiting.isEmpty else { return }
    // Whoever is given memory from here on need not wait.
    joins = GradientJoins()
    var buffers: [any Buffer] = []
    for place in waiting.flatMap(\.places) where !buffers.contains(where: { $0 === place.buffer }) {
      buffers.append(place.buffer)
    }
    for buffer in buffers {
      try launch(waiting.filter { join in join.places.contains { $0.buffer === buffer } }, buffer)
    }
  }

  /// Enqueues the joins as far as they go into this buffer.
  private func launch(_ joins: [GradientJoin], _ buffer: any Buffer) throws(ComputeError) {
    let own = joins.flatMap(\.places).filter { $0.buffer === buffer }
    let begin = own.reduce(Int.max) { min($0, $1.offset) }
    let end = own.reduce(begin) { max($0, $1.end) }
    var words: [UInt32] = []
    var parts: KernelArguments = [:]
    for number in 0..<GradientJoins.most {
      let join = number < joins.count ? joins[number] : nil
      parts =
        parts + [
          "partials\(number)": .tensor(join?.partials), "parts\(number)": .int(join?.parts ?? 0),
        ]
      guard let join else { continue }
      let offsets = join.targets.map { target in
        target.flatMap { $0.buffer === buffer ? $0.offset - begin : nil } ?? -1
      }
      for value in offsets + [join.rows, join.separate, join.inputSize, join.hiddenSize] {
        words.append(UInt32(bitPattern: try int(value)))
      }
    }
    let items = joins.reduce(0) { max($0, $1.items) }
    try launch(
      "weight_gradients_join",
      groups: [(items + Self.groupSize - 1) / Self.groupSize, joins.count],
      local: [Self.groupSize, 1],
      parts + [
        "targets": .tensor(try constant(words)),
        "gradients": .tensor(Tensor(buffer: buffer, offset: begin, shape: [end - begin])),
      ])
  }
}
