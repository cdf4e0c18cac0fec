import SluiceCompute
import SluiceExport
import SluiceNN
import SluicePlatform
import SluiceTables
import SluiceTraining

extension ReviewsTask {
  /// Tokens and what else is known to `rating`, `rating_class` and `probabilities`, or where ratings are of
  /// many values to `rating`, `p10` and `p90`.
  package static func graph(of model: Model) throws -> ExportGraph {
    let graph = ExportGraph()
    let fitted = model.fitted
    let scale = fitted.scale
    let members = try graph.members(model.networks.map(\.parameters)) { member in
      let reader = model.networks[member].network.reader
      let inputs = ReviewInputs(
        fitted.encoders[member], columns: fitted.columns, model: model.settings.model, graph)
      return try reader.output.probabilities(
        reader.scores(inputs, in: graph), scale: scale, in: graph)
    }
    if let means = fitted.means {
      means.addAnswers(members, fitted.baseline, scale, to: graph)
      return graph
    }
    var probabilities = graph.mean(members, axis: 0)
    if let blend = fitted.blend {
      probabilities = blend(
        network: probabilities,
        simpler: blend.isAlone ? nil : fitted.baseline.probabilities(in: graph), in: graph)
    }
    graph.addAnswers(probabilities, fitted.decision, scale)
    return graph
  }

  package static func example(of model: Model, for table: Table?) throws -> Safetensors {
    let table = try table.given("the reviews to rate")
    let set = try ReviewSet(table, columns: model.fitted.columns, for: .prediction)
    let rows = Array(0..<set.count)
    let none = [Int32](repeating: -1, count: set.count)
    var example = ExportExample()
    for (member, encoder) in model.fitted.encoders.enumerated() {
      let prefix = model.networks.count == 1 ? "" : "members.\(member)."
      encoder.encode(set, rows: rows, classes: none, model: model.settings.model)
        .add(to: &example, prefix: prefix, columns: model.fitted.columns)
    }
    if model.fitted.readsBaseline {
      model.fitted.baseline.features.rows(rows, of: set).add(to: &example, named: "baseline")
    }
    if let means = model.fitted.means {
      let answers = try model.answers(set, rows: rows, means)
      example.add(answer: "rating", [set.count], answers.expected.map { Float($0) })
      let intervals = answers.intervals ?? []
      example.add(answer: "p10", [set.count], intervals.map { Float($0.lowerBound) })
      example.add(answer: "p90", [set.count], intervals.map { Float($0.upperBound) })
      return example.tensors
    }
    let probabilities = try model.probabilities(set, rows: rows)
    example.add(
      answers: RatingAnswers(
        probabilities, decision: model.fitted.decision, scale: model.fitted.scale),
      model.fitted.scale)
    return example.tensors
  }
}

extension ReviewsPreprocessing {
  /// Whether the linear model has a part in the answers.
  fileprivate var readsBaseline: Bool {
    means.map { $0.networkShare != 1 } ?? blend.map { !$0.isAlone } ?? false
  }
}

/// What a network reads of reviews.
struct ReviewInputs {
  let tokens: ExportGraph.Value
  let lengths: ExportGraph.Value
  let pairs: ExportGraph.Value?
  let categories: [ExportGraph.Value]
  let side: ExportGraph.Value?
  let sequences: (features: ExportGraph.Value, weights: ExportGraph.Value)?

  fileprivate init(
    _ encoder: ReviewEncoder, columns: ReviewColumns, model: ReviewModelSettings,
    _ graph: ExportGraph
  ) {
    func own(
      _ name: String, as element: ExportGraph.Port.Element = .int64, _ shape: [String],
      _ meaning: String
    ) -> ExportGraph.Value {
      graph.input(name, as: element, shape, isOwn: true, meaning)
    }
    tokens = own("tokens", ["N", "T"], "the place of each token in the vocabulary")
    lengths = own("lengths", ["N"], "the tokens of each review, perhaps 0")
    pairs =
      model.pairs == 0
      ? nil
      : own("pairs", ["N", "T"], "the place of each token together with the one before it")
    categories = zip(columns.categories, encoder.categories).map { name, _ in
      own("category.\(name)", ["N"], "the place among the column's values, from 1; 0: none of them")
    }
    side =
      encoder.sideCount == 0
      ? nil
      : own(
        "side", as: .float32, ["N", "\(encoder.sideCount)"],
        "what is known of user and item, then numbers")
    sequences =
      (encoder.ngrams?.count ?? 0) == 0
      ? nil
      : (
        own("sequences", ["N", "S"], "the sequences of tokens in it; filled up with 0"),
        own("sequence_weights", as: .float32, ["N", "S"], "their weights; filled up with 0")
      )
  }
}

extension EncodedReviews {
  /// Adds what a network reads.
  fileprivate func add(to example: inout ExportExample, prefix: String, columns: ReviewColumns) {
    let steps = max(1, (0..<count).map(length).max() ?? 1)
    func padded(_ values: [Int32]) -> [Int] {
      (0..<count).flatMap { row in
        values[Int(starts[row])..<Int(starts[row + 1])].map { Int($0) }
          + [Int](repeating: 0, count: steps - length(row))
      }
    }
    example.add(prefix + "tokens", [count, steps], padded(tokens))
    example.add(prefix + "lengths", [count], (0..<count).map(length))
    if !pairs.isEmpty { example.add(prefix + "pairs", [count, steps], padded(pairs)) }
    for (name, values) in zip(columns.categories, categories) {
      example.add(prefix + "category.\(name)", [count], values.map { Int($0) })
    }
    if sideCount > 0 { example.add(prefix + "side", [count, sideCount], side) }
    if sequences.columnCount > 0 {
      sequences.add(
        to: &example, named: prefix + "sequences", weights: prefix + "sequence_weights")
    }
  }
}

extension SparseRows {
  /// Adds the columns and values of each row, filled up with zeros.
  fileprivate func add(
    to example: inout ExportExample, named name: String, weights: String? = nil
  ) {
    let longest = max(1, (0..<count).map { starts[$0 + 1] - starts[$0] }.max() ?? 1)
    func padded<Element: Numeric>(_ values: [Element]) -> [Element] {
      (0..<count).flatMap { row in
        let own = values[starts[row]..<starts[row + 1]]
        return own + [Element](repeating: 0, count: longest - own.count)
      }
    }
    example.add(name, [count, longest], padded(columns).map { Int($0) })
    example.add(weights ?? "\(name)_weights", [count, longest], padded(values))
  }
}

extension BagOfWords {
  /// `[N, O]`: the sums of the linear model.
  fileprivate func sums(_ weights: [Double], _ biases: [Double], in graph: ExportGraph)
    -> ExportGraph.Value
  {
    let features = graph.input(
      "baseline", as: .int64, ["N", "B"], "the features of the linear model; filled up with 0")
    let given = graph.input(
      "baseline_weights", ["N", "B"], "their weights; filled up with 0")
    let table = graph.constant(
      "baseline.weight", [weights.count / biases.count, biases.count], weights.map { Float($0) })
    return graph.add(
      graph.embeddingBag(features, weights: given, table: table),
      graph.constant("baseline.bias", [biases.count], biases.map { Float($0) }))
  }

  /// `[N, K]`
  fileprivate func probabilities(in graph: ExportGraph) -> ExportGraph.Value {
    guard let regression else { return graph.scalar(0) }
    let sums = sums(regression.weights, regression.biases, in: graph)
    guard regression.biases.count == 1 else { return graph.softmax(sums) }
    let positive = graph.sigmoid(sums)
    return graph.concatenate([graph.subtract(1, positive), positive])
  }

  /// `[N]`
  fileprivate func ratings(in graph: ExportGraph) -> ExportGraph.Value {
    guard let linear else { return graph.scalar(0) }
    return graph.removeAxis(sums(linear.weights, [linear.bias], in: graph), -1)
  }
}

extension RatingBlend {
  fileprivate func callAsFunction(
    network: ExportGraph.Value, simpler: ExportGraph.Value?, in graph: ExportGraph
  ) -> ExportGraph.Value {
    func part(_ probabilities: ExportGraph.Value, _ share: Double) -> ExportGraph.Value {
      graph.multiply(
        graph.log(graph.clamp(probabilities, low: 1e-7)),
        Float(share / temperature.temperature))
    }
    let own = part(network, networkShare)
    return graph.softmax(
      simpler.map { graph.add(own, part($0, 1 - networkShare)) } ?? own)
  }
}

extension MeanBlend {
  /// - Parameter members: `[M, N, K]`
  fileprivate func addAnswers(
    _ members: ExportGraph.Value, _ baseline: BagOfWords, _ scale: RatingScale,
    to graph: ExportGraph
  ) {
    let bounds = (scale.bounds ?? []).map { Float($0) }
    let count = scale.count
    let values = graph.constant("values", [count], scale.values.map { Float($0) })
    /// `[N]`: the mean over the members of the rating below which a share of the probability lies.
    func quantile(_ share: Double) -> ExportGraph.Value {
      let before = graph.linear(
        members,
        weight: graph.constant(
          "earlier", [count, count], (0..<count).flatMap { j in (0..<count).map { $0 < j ? 1 : 0 } }
        ),
        bias: graph.constant("none", [count], [Float](repeating: 0, count: count)))
      let reach = graph.clamp(
        graph.divide(graph.subtract(Float(share), before), graph.clamp(members, low: 1e-12)),
        low: 0, high: 1)
      let widths = graph.constant(
        "widths", [count], (0..<count).map { bounds[$0 + 1] - bounds[$0] })
      let along = graph.sum(graph.multiply(reach, widths))
      return graph.add(graph.mean(along, axis: 0), graph.scalar(bounds[0]))
    }
    let own = graph.named("own", graph.mean(graph.sum(graph.multiply(members, values)), axis: 0))
    let rating =
      networkShare == 1
      ? own
      : graph.add(
        graph.multiply(own, Float(networkShare)),
        graph.multiply(baseline.ratings(in: graph), Float(1 - networkShare)))
    func kept(_ value: ExportGraph.Value) -> ExportGraph.Value {
      graph.clamp(value, low: bounds[0], high: bounds[count])
    }
    let shift = graph.named("shift", graph.subtract(rating, own))
    let expected = graph.named("rating", kept(rating))
    let low = graph.subtract(graph.add(quantile(Self.tail), shift), Float(below))
    let high = graph.add(graph.add(quantile(1 - Self.tail), shift), graph.scalar(Float(above)))
    graph.output("rating", ["N"], expected, "the expected rating")
    graph.output("p10", ["N"], graph.minimum(expected, kept(low)), "a tenth lies below")
    graph.output("p90", ["N"], graph.maximum(expected, kept(high)), "a tenth lies above")
  }
}
