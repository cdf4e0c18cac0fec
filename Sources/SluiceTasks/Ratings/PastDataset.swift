import SluiceCompute
import SluiceNN

/// A part of a user's past, and the rows that are rated from it.
///
/// Step 0 of a past is the beginning, step p the user's rating number p: after it, p ratings are
/// known.
struct Past {
  /// −1 is nobody.
  let user: Int32
  /// The step that it begins at. If it is not 0, the first L / 2 steps are there to be read only.
  let first: Int
  /// Steps.
  var length = 0
  /// Rows of the timeline, in the order of time.
  var rows: [Int] = []
}

extension RatingTimeline {
  /// Cuts the pasts that some rows are rated from into parts of limited length.
  ///
  /// - Parameter limit: L, even: steps of a part at most.
  /// - Complexity: O(rows · log rows).
  func pasts(before rows: [Int], limit: Int) -> [Past] {
    let half = limit / 2
    var pasts: [Past] = []
    for row in rows.sorted(by: { (events.users[$0], ranks[$0]) < (events.users[$1], ranks[$1]) }) {
      let user = events.users[row]
      let position = Int(positions[row])
      let first = max(0, position / half - 1) * half
      if user < 0 || pasts.last?.user != user || pasts.last?.first != first {
        pasts.append(Past(user: user, first: first))
      }
      pasts[pasts.count - 1].length = position - first + 1
      pasts[pasts.count - 1].rows.append(row)
    }
    return pasts
  }
}

/// Pasts of users, resident on the device: a batch is gathered by the numbers of its pasts alone.
/// S pasts of P steps in all.
final class PastDataset {
  let timeline: RatingTimeline
  let pasts: [Past]
  /// `[S + 1]` int32
  private let starts: Tensor
  /// `[P]` int32: 0 … P − 1. Gathered, they say which row of the other tables each place of a batch
  /// takes; places past a sequence's end take row P, which is empty.
  private let places: Tensor
  /// As in a batch, but `[P]` for indices, `[P + 1, …]` for others.
  private let steps: PastBatch

  /// - Parameters:
  ///   - rows: Those to rate. To learn from them, no two may stand behind one step.
  ///   - limit: Steps of a past at most.
  /// - Throws: `ComputeError` with `.outOfMemory`.
  init(_ timeline: RatingTimeline, before rows: [Int], limit: Int, on backend: any Backend) throws {
    self.timeline = timeline
    pasts = timeline.pasts(before: rows, limit: limit)
    let (events, encoder) = (timeline.events, timeline.encoder)
    let count = pasts.reduce(0) { $0 + $1.length }
    var starts: [Int32] = [0]
    var ratings = [Int32](repeating: 0, count: count)
    var items = ratings
    var targets = ratings
    var classes = ratings
    var weights = [Float](repeating: 0, count: count + 1)
    var inputs = [Float](repeating: 0, count: (count + 1) * encoder.inputCount)
    var known = [Float](repeating: 0, count: (count + 1) * RatingEncoder.knownCount)
    var start = 0
    for past in pasts {
      for step in max(0, 1 - past.first)..<past.length {
        let row = Int(timeline.rated[Int(past.user)][past.first + step - 1])
        ratings[start + step] = 1 + events.classes[row]
        items[start + step] = encoder.embedding(of: events.items[row])
        inputs.copy(row, of: timeline.inputs, to: start + step, width: encoder.inputCount)
      }
      for row in past.rows {
        let place = start + Int(timeline.positions[row]) - past.first
        targets[place] = encoder.embedding(of: events.items[row])
        known.copy(row, of: timeline.known, to: place, width: RatingEncoder.knownCount)
        classes[place] = events.classes[row]
        weights[place] = 1
      }
      start += past.length
      starts.append(Int32(start))
    }
    self.starts = try backend.makeTensor([starts.count], starts)
    places = try backend.makeTensor([count], (0..<Int32(count)).map { $0 })
    steps = PastBatch(
      lengths: self.starts, ratings: try backend.makeTensor([count], ratings),
      items: try backend.makeTensor([count], items),
      inputs: try backend.makeTensor([count + 1, encoder.inputCount], inputs),
      targets: try backend.makeTensor([count], targets),
      known: try backend.makeTensor([count + 1, RatingEncoder.knownCount], known),
      classes: try backend.makeTensor([count], classes),
      weights: try backend.makeTensor([count + 1, 1], weights))
  }

  /// Gathers some pasts.
  ///
  /// - Parameter unknownRate: The share of the items that becomes unknown.
  func batch(_ numbers: [Int32], unknownRate: Double, on tape: Tape) throws -> PastBatch {
    let backend = tape.backend
    let count = numbers.count
    let longest = numbers.map { pasts[Int($0)].length }.max() ?? 1
    let documents = try backend.makeTensor([count], numbers)
    let lengths = try backend.makeTensor([count], .int32)
    func gathered(_ source: Tensor, padding: Int32 = 0, hiding: Bool = false) throws -> Tensor {
      let result = try backend.makeTensor([longest, count], .int32)
      let stream = hiding && unknownRate > 0 ? tape.randomStream() : nil
      try backend.enqueue(
        GatherSequences(
          source: source, offsets: starts, documents: documents, padding: padding,
          dropout: stream.map {
            TokenDropout(rate: Float(unknownRate), stream: $0, replacement: 0)
          }, into: result, lengths: lengths))
      return result
    }
    let rows = try gathered(places, padding: Int32(places.count))
    func gatheredRows(_ source: Tensor) throws -> Tensor {
      let result = try backend.makeTensor([longest, count, source.columns], source.elementType)
      try backend.enqueue(GatherRows(source: source, rows: rows, into: result))
      return result
    }
    return PastBatch(
      lengths: lengths, ratings: try gathered(steps.ratings),
      items: try gathered(steps.items, hiding: true), inputs: try gatheredRows(steps.inputs),
      targets: try gathered(steps.targets, hiding: true), known: try gatheredRows(steps.known),
      classes: try gathered(steps.classes),
      weights: try gatheredRows(steps.weights).reshaped([longest, count]))
  }
}

/// A batch of pasts on the device. N of up to T steps.
struct PastBatch {
  /// `[N]` int32
  let lengths: Tensor
  /// `[T, N]` int32: the rating at each step: 0 at the beginning, 1 + its class otherwise.
  let ratings: Tensor
  /// `[T, N]` int32: the item at each step; 0 is unknown.
  let items: Tensor
  /// `[T, N, D]`
  let inputs: Tensor
  /// `[T, N]` int32: the item that is rated behind each step.
  let targets: Tensor
  /// `[T, N, ``RatingEncoder/knownCount``]`
  let known: Tensor
  /// `[T, N]` int32: the true class.
  let classes: Tensor
  /// `[T, N]`: 1 where there is something to learn.
  let weights: Tensor
}

extension [Float] {
  /// Copies a row of a table.
  mutating func copy(_ row: Int, of source: [Float], to place: Int, width: Int) {
    for column in 0..<width { self[place * width + column] = source[row * width + column] }
  }
}
