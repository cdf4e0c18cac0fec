import SluiceCompute
import SluiceExport
import SluiceNN

/// A stack of layers, and the layers of Keras that it is made of.
struct KerasStack {
  /// Which layer of Keras has the weights of one of the stack, and how it keeps them.
  enum Form: Hashable {
    case embedding, dense, timeDistributed
    case recurrent(RecurrentCell)
    case bidirectional(RecurrentCell)

    /// Its name in files of weights, which give all layers of a class numbers.
    var container: String {
      switch self {
      case .embedding: "embedding"
      case .dense: "dense"
      case .timeDistributed: "time_distributed"
      case .recurrent(let cell): cell.keras?.container ?? cell.rawValue
      case .bidirectional: "bidirectional"
      }
    }

    /// That of a recurrent layer.
    var cell: RecurrentCell? {
      switch self {
      case .recurrent(let cell), .bidirectional(let cell): cell
      case .embedding, .dense, .timeDistributed: nil
      }
    }

    /// Its arrays in Keras' own order, below its container.
    var arrays: [String] {
      func numbered(_ group: String, _ count: Int) -> [String] {
        (0..<count).map { "\(group)/\($0)" }
      }
      switch self {
      case .embedding: return numbered("vars", 1)
      case .dense: return numbered("vars", 2)
      case .timeDistributed: return numbered("layer/vars", 2)
      case .recurrent: return numbered("cell/vars", 3)
      case .bidirectional:
        return numbered("forward_layer/cell/vars", 3) + numbered("backward_layer/cell/vars", 3)
      }
    }
  }

  /// A layer of the stack.
  struct Part {
    var layer: StackLayer
    /// Nil where it has no weights.
    var form: Form?
    /// As messages call it.
    var title: String
    /// Whether it is a dense layer that runs at every step of a sequence.
    var isAtEveryStep = false
  }

  private(set) var parts: [Part] = []
  /// What is left out, for whoever wants to know.
  private(set) var remarks: [String] = []

  /// The layers, not checked.
  var configuration: StackConfiguration { StackConfiguration(parts.map(\.layer)) }

  /// A stack as Keras would build it.
  init(_ configuration: StackConfiguration) {
    var isSequence = true
    for (index, layer) in configuration.layers.enumerated() {
      let form: Form? =
        switch layer {
        case .embedding: .embedding
        case .dense: .dense
        case .recurrent(let settings):
          settings.bidirectional ? .bidirectional(settings.cell) : .recurrent(settings.cell)
        case .dropout, .pool: nil
        }
      switch layer {
      case .recurrent(let settings): isSequence = settings.sequences
      case .pool: isSequence = false
      default: break
      }
      parts.append(
        Part(
          layer: layer, form: form, title: "layer \(index + 1) (\(layer.kind))",
          isAtEveryStep: form == .dense && isSequence))
    }
  }

  /// The stack that layers of Keras are.
  ///
  /// - Throws: ``KerasError`` for a layer or a setting that cannot be had here.
  init(_ layers: [KerasLayer]) throws {
    for layer in layers {
      var layer = layer
      try add(&layer)
      remarks += layer.remarks
    }
    do {
      try configuration.check()
    } catch let error as StackError {
      guard let index = error.layer, let file = layers.first?.file else { throw error }
      throw KerasError(file, "\(parts[index].title): \(error.what)", remedy: error.remedy)
    }
  }

  /// What the containers of the parts with weights are called.
  var containers: [(part: Part, name: String)] {
    var counts: [String: Int] = [:]
    return parts.compactMap { part in
      guard let form = part.form else { return nil }
      let count = counts[form.container, default: 0]
      counts[form.container] = count + 1
      return (part, count == 0 ? form.container : "\(form.container)_\(count)")
    }
  }

  /// The same stack with dense layers at every step as TimeDistributed ones, which Keras has besides.
  func distributed() -> KerasStack {
    var stack = self
    for index in parts.indices where parts[index].isAtEveryStep {
      stack.parts[index].form = .timeDistributed
    }
    return stack
  }

  private mutating func add(_ layer: inout KerasLayer) throws {
    let title = layer.title
    func append(_ new: StackLayer, _ form: Form? = nil) {
      parts.append(Part(layer: new, form: form, title: title))
    }
    switch layer.className {
    case "InputLayer":
      return
    case "Embedding":
      append(try Self.embedding(&layer), .embedding)
    case "Dropout":
      append(.dropout(rate: try layer.share("rate")))
      layer.forTraining("noise_shape")
    case "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout":
      return layer.leaveOut("it")
    case "Bidirectional":
      let settings = try Self.bidirectional(&layer)
      append(.recurrent(settings), .bidirectional(settings.cell))
    case let name where !KerasCell.cells(of: name).isEmpty:
      let settings = try Self.recurrent(&layer)
      append(.recurrent(settings), .recurrent(settings.cell))
    case "GlobalMaxPooling1D", "GlobalMaxPool1D":
      append(.pool(.max))
      try Self.checkPool(&layer)
    case "GlobalAveragePooling1D", "GlobalAveragePool1D":
      append(.pool(.mean))
      try Self.checkPool(&layer)
    case "Dense":
      append(try Self.dense(&layer), .dense)
    case "TimeDistributed":
      var inner = try Self.inner(&layer)
      guard inner.className == "Dense" else {
        throw layer.error("wraps \(inner.title)", remedy: "Here it may wrap a Dense layer")
      }
      append(try Self.dense(&inner), .timeDistributed)
      try inner.finish()
      for remark in inner.remarks { layer.pass(remark) }
    case "Activation":
      try fuse(&layer)
    case "Masking":
      throw layer.error("leaves out steps of a row", remedy: Self.maskRemedy)
    default:
      throw layer.error(
        "is not there in a stack",
        remedy: """
          There are Embedding, Dropout, \(KerasCell.classNames), Bidirectional of these, \
          GlobalMaxPooling1D, GlobalAveragePooling1D, TimeDistributed of Dense, Dense, and Activation behind a Dense
          """)
    }
    try layer.finish()
  }

  private static let maskRemedy = """
    Give rows without their filling, which are answered the same, and name the layers in \
    `configuration`
    """

  private static func embedding(_ layer: inout KerasLayer) throws -> StackLayer {
    try layer.require("mask_zero", .bool(false), remedy: maskRemedy)
    // How many tokens there are, the weights say too.
    for key in ["input_dim", "input_length"] { _ = layer.take(key) }
    return .embedding(size: try layer.count("output_dim"))
  }

  private static func recurrent(_ layer: inout KerasLayer, isBackward: Bool = false) throws
    -> StackLayer.RecurrentSettings
  {
    let cell = try cell(&layer)
    try layer.require(
      "use_bias", .bool(true),
      remedy: "Build the model with use_bias=True and a bias of 0, which answers the same")
    try layer.require(
      "stateful", .bool(false),
      remedy:
        "A row begins without a past here: if that is right, name the layers in `configuration`")
    let isReversed = try layer.flag("go_backwards")
    guard isReversed == isBackward else {
      throw layer.error(
        "has go_backwards: \(isReversed)",
        remedy: "Give rows the other way round, and name the layers in `configuration`")
    }
    try layer.require(
      "return_state", .bool(false), remedy: "Build the model without it, of the same weights")
    try layer.require(
      "time_major", .bool(false), remedy: "Build the model without it, of the same weights")
    for key in [
      "unit_forget_bias", "implementation", "unroll", "zero_output_for_mask", "use_cudnn",
    ] {
      _ = layer.take(key)
    }
    layer.forTraining("dropout")
    return StackLayer.RecurrentSettings(
      cell: cell, units: try layer.count("units"), sequences: try layer.flag("return_sequences"),
      recurrentDropout: try layer.share("recurrent_dropout"))
  }

  /// The cell that a class and its settings are.
  private static func cell(_ layer: inout KerasLayer) throws -> RecurrentCell {
    let cells = KerasCell.cells(of: layer.className)
    let fitting = cells.first {
      $0.keras.settings.allSatisfy { layer.allows($0.key, $0.value.json) }
    }
    guard let (cell, keras) = fitting ?? cells.first else {
      throw layer.error(
        "is not recurrent", remedy: "Here there are \(KerasCell.classNames)")
    }
    for (key, value) in keras.settings { try layer.require(key, value.json, remedy: keras.remedy) }
    return cell
  }

  private static func bidirectional(_ layer: inout KerasLayer) throws
    -> StackLayer.RecurrentSettings
  {
    try layer.require(
      "merge_mode", .string("concat"),
      remedy: "Both directions stand side by side here, as Keras by default: train it with concat")
    var backward = try layer.take("backward_layer").map { try KerasLayer($0, file: layer.file) }
    var forward = try inner(&layer)
    guard !KerasCell.cells(of: forward.className).isEmpty,
      backward.map({ $0.className == forward.className }) ?? true
    else {
      throw layer.error(
        "wraps \(forward.title)" + (backward.map { " and \($0.title)" } ?? ""),
        remedy: "Here it may wrap one of \(KerasCell.classNames)")
    }
    var settings = try recurrent(&forward)
    try forward.finish()
    if var other = backward.take() {
      let back = try recurrent(&other, isBackward: true)
      try other.finish()
      guard back == settings else {
        throw layer.error(
          "has directions unlike each other", remedy: "Here both have the same units and settings")
      }
    }
    for remark in forward.remarks { layer.pass(remark) }
    settings.bidirectional = true
    return settings
  }

  private static func dense(_ layer: inout KerasLayer) throws -> StackLayer {
    try layer.require(
      "use_bias", .bool(true),
      remedy: "Build the model with use_bias=True and a bias of 0, which answers the same")
    let activation = try activation(&layer)
    return .dense(units: try layer.count("units"), activation: activation)
  }

  private static func activation(_ layer: inout KerasLayer) throws -> StackActivation {
    guard let value = layer.take("activation"), value != .null else { return .linear }
    guard let activation = value.className.flatMap({ StackActivation(rawValue: $0) }) else {
      throw layer.error(
        "has activation: \(value.className ?? value.text)",
        remedy: "There are: \(StackActivation.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return activation
  }

  private static func checkPool(_ layer: inout KerasLayer) throws {
    let remedy = "Build the model without it, of the same weights"
    try layer.require("data_format", .string("channels_last"), remedy: remedy)
    try layer.require("keepdims", .bool(false), remedy: remedy)
  }

  /// The layer that a layer wraps.
  private static func inner(_ layer: inout KerasLayer) throws -> KerasLayer {
    guard let inner = layer.take("layer") else {
      throw layer.error("wraps no layer", remedy: KerasError.damaged)
    }
    return try KerasLayer(inner, file: layer.file)
  }

  /// An activation of its own becomes that of the dense layer before it.
  private mutating func fuse(_ layer: inout KerasLayer) throws {
    let activation = try Self.activation(&layer)
    if activation == .linear { return }
    guard let last = parts.indices.last, case .dense(let units, .linear) = parts[last].layer else {
      throw layer.error(
        "does not stand directly behind a linear Dense layer",
        remedy: "Here it may stand there only")
    }
    parts[last].layer = .dense(units: units, activation: activation)
  }
}
