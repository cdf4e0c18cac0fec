import SluiceCompute
import SluiceNN
import SluicePlatform

extension TrainedNetwork<RatingsNetwork> {
  /// `[Q, K]`: the probability of each rating, for the rows that are rated from pasts, past by past.
  ///
  /// - Throws: as ``Tape/answers(_:)``.
  func probabilities(_ data: PastDataset) throws -> [Float] {
    var firstRows = [0]
    for past in data.pasts { firstRows.append(firstRows[firstRows.count - 1] + past.rows.count) }
    let classes = network.classes
    var probabilities = [Float](repeating: 0, count: firstRows[data.pasts.count] * classes)
    let ranks = parameters.backend.ranks
    try BatchedInference(steps: 1 << 16).forEachBatch(
      of: data.pasts.count, by: ranks, length: { data.pasts[$0].length }
    ) { numbers in
      let tape = Tape(parameters, mode: .inference)
      let values = try tape.answers(logits(numbers, of: data, on: tape))
      for (n, row) in numbers.flatMap({ firstRows[$0]..<firstRows[$0 + 1] }).enumerated() {
        let own = values[(n * classes)..<((n + 1) * classes)]
        let highest = own.max() ?? 0
        let powers = own.map { exponential($0 - highest) }
        let sum = powers.reduce(0, +)
        for index in 0..<classes { probabilities[row * classes + index] = powers[index] / sum }
      }
    }
    try ranks.merge(&probabilities)
    return probabilities
  }

  /// `[rows, K]`, for the rows of some pasts.
  private func logits(_ numbers: [Int], of data: PastDataset, on tape: Tape) throws -> Variable {
    let timeline = data.timeline
    let backend = tape.backend
    let batch = try data.batch(numbers.map { Int32($0) }, unknownRate: 0, on: tape)
    let states = try network.states(batch, on: tape).value
    let rows = numbers.flatMap { data.pasts[$0].rows }
    let places = numbers.enumerated().flatMap { n, number in
      let past = data.pasts[number]
      return past.rows.map { Int32((Int(timeline.positions[$0]) - past.first) * numbers.count + n) }
    }
    let own = try backend.makeTensor([rows.count, states.columns])
    try backend.enqueue(
      GatherRows(
        source: states.reshaped([states.rows, states.columns]),
        rows: backend.makeTensor([rows.count], places), into: own))
    let width = RatingEncoder.knownCount
    let targets = rows.map { timeline.encoder.embedding(of: timeline.events.items[$0]) }
    let known = rows.flatMap { timeline.known[($0 * width)..<(($0 + 1) * width)] }
    return try network.ratings(
      tape.constant(own), targets: backend.makeTensor([rows.count], targets),
      known: backend.makeTensor([rows.count, width], known), on: tape)
  }
}

extension TrainedModel<RatingsTask> {
  /// `[rows, K]`: the mean of the networks' probabilities for rows of a timeline, which differ.
  func probabilities(_ timeline: RatingTimeline, rows: [Int]) throws -> [Float] {
    guard !rows.isEmpty else { return [] }
    let classes = fitted.scale.count
    let data = try PastDataset(timeline, before: rows, limit: settings.model.steps, on: backend)
    var sums = [Float](repeating: 0, count: rows.count * classes)
    for network in networks {
      for (index, own) in try network.probabilities(data).enumerated() { sums[index] += own }
    }
    // Back from the order of the pasts to that of the rows.
    let places = Dictionary(
      uniqueKeysWithValues: data.pasts.flatMap(\.rows).enumerated().map { ($1, $0 * classes) })
    let share = 1 / Float(networks.count)
    return rows.flatMap { row in
      sums[places[row, default: 0]...].prefix(classes).map { $0 * share }
    }
  }
}
