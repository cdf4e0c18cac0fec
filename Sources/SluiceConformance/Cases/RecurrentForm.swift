import SluiceCompute

/// One recurrent layer's sizes and options.
struct RecurrentForm: Sendable, CustomStringConvertible {
  var cell = RecurrentCell.lstm
  var T: Int
  var N: Int
  var C: Int
  var H: Int
  /// V: the input is read through an embedding; nil: it is dense.
  var V: Int?
  /// Whether one of the tokens is ignored. Its row of the table is NaN.
  var isIgnoring = false
  var isReverse = false
  var hasLengths = false
  /// Starts from a state, and gives its gradient.
  var hasInitial = false
  /// Asks for the final state, and takes its gradient.
  var hasFinal = false
  var hasDropout = false
  /// Input, output and their gradients are columns of wider tensors.
  var isStrided = false

  // Forward only.
  var isTraining = true

  // Backward only.
  var hasOutputGradient = true
  var hasInputGradient = true
  var accumulatesInputGradient = false

  /// Writes the final state over the initial one, and the initial gradient over the final one.
  var aliasesStates = false

  var description: String {
    let options = [
      (V != nil, "V \(V ?? 0)"), (isIgnoring, "one ignored"), (isReverse, "reverse"),
      (hasLengths, "lengths"), (hasInitial, "initial"),
      (hasFinal, "final"), (hasDropout, "dropout"), (isStrided, "strided"),
      (!isTraining, "inference"), (!hasOutputGradient, "no output gradient"),
      (!hasInputGradient, "no input gradient"), (accumulatesInputGradient, "accumulate"),
      (aliasesStates, "aliased states"),
    ]
    let kind = cell == .lstm ? [] : [cell.title]
    return (kind + ["T \(T) N \(N) C \(C) H \(H)"] + options.filter(\.0).map(\.1)).joined(
      separator: ", ")
  }

  var descriptor: RecurrentDescriptor {
    RecurrentDescriptor(
      cell: cell, steps: T, batch: N, inputSize: C, vocabulary: V, hiddenSize: H,
      direction: isReverse ? .reverse : .forward, hasLengths: hasLengths,
      hasRecurrentDropout: hasDropout, isTraining: isTraining)
  }

  var dropout: RecurrentDropout? {
    hasDropout
      ? RecurrentDropout(
        rate: 0.4, stream: RandomStream(seed: 0xFEED_0000_BEEF, stream: 7, step: 12)) : nil
  }

  var layout: Layout { isStrided ? .wide : .packed }

  /// Multiply-adds of forward.
  var work: Int { cell.gateCount * T * N * H * (C + H) }

  /// Every combination of these five options at sizes that fit no tile.
  private static let combinations: [RecurrentForm] = (0..<32).map { bits in
    var form = RecurrentForm(T: 7, N: 5, C: 3, H: 17)
    form.isReverse = bits & 1 != 0
    form.hasLengths = bits & 2 != 0
    form.hasInitial = bits & 4 != 0
    form.hasFinal = bits & 8 != 0
    form.hasDropout = bits & 16 != 0
    form.isStrided = bits.nonzeroBitCount % 2 == 1
    return form
  }

  /// Sizes around tiles, each with a few combinations of options that change from size to size.
  private static let sizes: [RecurrentForm] = {
    var forms: [RecurrentForm] = []
    for H in [1, 3, 16, 17, 50, 64, 130] {
      for N in [1, 5, 8, 33] {
        for variant in 0..<3 {
          let index = forms.count
          let C = [1, 3, 12, 16, 33, 128][index % 6]
          // As many steps as the reference does in a few milliseconds.
          let steps = [30, 7, 2, 1].dropFirst(variant == 0 ? 0 : index % 3)
          let affordable = { (T: Int) in RecurrentForm(T: T, N: N, C: C, H: H).work <= 6_000_000 }
          var form = RecurrentForm(T: steps.first(where: affordable) ?? 1, N: N, C: C, H: H)
          form.hasLengths = variant > 0
          form.isReverse = variant == 2
          form.hasInitial = index % 2 == 1
          form.hasFinal = index % 3 > 0
          form.hasDropout = index % 5 == 4
          form.isStrided = index % 4 == 3
          forms.append(form)
        }
      }
    }
    return forms
  }()

  /// Sizes at tile borders of the batch, long sequences, and one layer too large to stay in a cache.
  private static let borders: [RecurrentForm] = {
    var forms = [7, 9, 15, 16, 17, 31, 32, 64, 65].map { RecurrentForm(T: 3, N: $0, C: 5, H: 16) }
    forms += [15, 31, 32, 33, 48, 49, 63, 65, 96, 128].map {
      RecurrentForm(T: 4, N: 6, C: 7, H: $0, hasInitial: true)
    }
    // Recurrent weights of which a part streams, with all options.
    for H in [100, 128] {
      forms.append(
        RecurrentForm(
          T: 4, N: 9, C: 7, H: H, isReverse: H == 100, hasLengths: true, hasInitial: true,
          hasFinal: true, hasDropout: true, isStrided: true))
    }
    forms.append(RecurrentForm(T: 100, N: 3, C: 4, H: 20, hasLengths: true))
    forms.append(RecurrentForm(T: 100, N: 3, C: 4, H: 20, isReverse: true, hasFinal: true))
    forms.append(RecurrentForm(T: 2, N: 3, C: 40, H: 300, hasInitial: true, hasFinal: true))
    forms.append(RecurrentForm(T: 2, N: 3, C: 8, H: 512, hasInitial: true))
    return forms
  }()

  /// Tokens that repeat often enough to fold, that do not, and that all differ.
  private static let tokens: [RecurrentForm] = {
    var forms: [RecurrentForm] = []
    for (T, N, C, H, V) in [
      (7, 5, 3, 17, 4), (9, 12, 48, 17, 11), (2, 33, 64, 50, 8), (3, 9, 128, 64, 3),
      (4, 6, 40, 16, 1), (3, 5, 64, 33, 400), (2, 3, 96, 300, 2),
    ] {
      for bits in 0..<8 {
        var form = RecurrentForm(T: T, N: N, C: C, H: H, V: V)
        form.isIgnoring = bits & 1 != 0
        form.hasLengths = bits & 2 != 0
        form.isReverse = bits & 4 != 0
        form.hasInitial = bits == 3 || bits == 4
        form.hasFinal = bits == 5 || bits == 3
        form.hasDropout = bits == 6
        form.isStrided = bits == 2 || bits == 7
        // The reference is slow.
        if H >= 300 && bits % 3 != 0 { continue }
        forms.append(form)
      }
    }
    return forms
  }()

  /// Small enough for a checker that interprets every instruction: one with every option, and one
  /// whose weights do not fit into the least local memory.
  private static let tiny = [
    RecurrentForm(
      T: 3, N: 5, C: 2, H: 5, isReverse: true, hasLengths: true, hasInitial: true, hasFinal: true,
      hasDropout: true, isStrided: true),
    RecurrentForm(T: 2, N: 6, C: 2, H: 40, hasInitial: true),
  ]

  static let forward = ofEveryCell(forwardOfLSTM)
  static let backward = ofEveryCell(backwardOfLSTM)
  static let bidirectional = ofEveryCell(bidirectionalOfLSTM)

  /// The same layers with other cells. The two plain ones differ in their activation alone: the second
  /// one runs a few.
  private static func ofEveryCell(_ forms: [RecurrentForm]) -> [RecurrentForm] {
    RecurrentCell.allCases.flatMap { cell in
      forms.indices.filter { cell != .rnnReLU || $0 % 9 == 0 }.map { index in
        var form = forms[index]
        form.cell = cell
        return form
      }
    }
  }

  private static let forwardOfLSTM: [RecurrentForm] = {
    var forms = combinations + sizes + borders + tokens + tiny
    for index in stride(from: 0, to: combinations.count, by: 3) {
      var form = combinations[index]
      form.isTraining = false
      forms.append(form)
      form.H = 64
      form.N = 9
      forms.append(form)
    }
    for var form in tokens where form.H == 50 {
      form.isTraining = false
      forms.append(form)
    }
    var aliased = RecurrentForm(T: 5, N: 9, C: 4, H: 33, hasLengths: true)
    aliased.hasInitial = true
    aliased.hasFinal = true
    aliased.aliasesStates = true
    return forms + [aliased]
  }()

  private static let backwardOfLSTM: [RecurrentForm] = {
    var forms = combinations + sizes + borders + tiny
    for (index, form) in tokens.enumerated() {
      var form = form
      form.accumulatesInputGradient = true
      form.hasInputGradient = index % 5 != 4
      forms.append(form)
    }
    for index in stride(from: 1, to: combinations.count, by: 3) {
      var form = combinations[index]
      form.accumulatesInputGradient = index % 2 == 0
      form.hasInputGradient = index % 2 == 0
      form.hasOutputGradient = index % 4 != 1
      form.hasFinal = form.hasFinal || !form.hasOutputGradient
      forms.append(form)
    }
    var aliased = RecurrentForm(T: 5, N: 9, C: 4, H: 33, hasLengths: true)
    aliased.hasInitial = true
    aliased.hasFinal = true
    aliased.aliasesStates = true
    return forms + [aliased]
  }()

  /// Of the first direction.
  private static let bidirectionalOfLSTM: [RecurrentForm] = {
    var forms = stride(from: 0, to: combinations.count, by: 3).map { combinations[$0] }
    forms += [20, 64, 100, 128, 300].map {
      RecurrentForm(T: 4, N: 9, C: 7, H: $0, hasLengths: $0 != 64, hasFinal: true)
    }
    forms += tokens.filter { $0.N == 12 && !$0.isReverse }.map { form in
      var form = form
      form.accumulatesInputGradient = true
      return form
    }
    return forms + [tiny[0]]
  }()

  /// The other direction of the same layer.
  var opposite: RecurrentForm {
    var other = self
    other.isReverse.toggle()
    return other
  }
}
