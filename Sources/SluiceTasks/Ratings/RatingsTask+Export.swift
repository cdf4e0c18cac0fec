import SluiceCompute
import SluiceExport
import SluiceNN
import SluicePlatform
import SluiceTables
import SluiceTraining

extension RatingsTask {
  /// A user's past and an item to `rating`, `rating_class` and `probabilities`.
  package static func graph(of model: Model) throws -> ExportGraph {
    let graph = ExportGraph()
    let members = try graph.members(model.networks.map(\.parameters)) { member in
      graph.softmax(model.networks[member].network.logits(model.fitted.encoder, in: graph))
    }
    graph.addAnswers(graph.mean(members, axis: 0), model.fitted.decision, model.fitted.scale)
    return graph
  }

  package static func example(of model: Model, for table: Table?) throws -> Safetensors {
    let table = try table.given("a CSV with users, items and times")
    let rows = try RatingRows(
      table, model.settings.data, fitted: model.fitted, needsRatings: false)
    let (timeline, places) = model.fitted.timeline(with: rows)
    var example = ExportExample()
    timeline.add(places, limit: model.settings.model.steps, to: &example)
    let probabilities = try model.probabilities(timeline, rows: places)
    example.add(
      answers: RatingAnswers(
        probabilities, decision: model.fitted.decision, scale: model.fitted.scale),
      model.fitted.scale)
    return example.tensors
  }
}

extension RatingsNetwork {
  /// `[N, K]`
  fileprivate func logits(_ encoder: RatingEncoder, in graph: ExportGraph) -> ExportGraph.Value {
    let lengths = graph.input(
      "lengths", as: .int64, ["N"], "the steps of each past: 1 + the earlier ratings in it")
    let steps = graph.concatenate([
      graph.embedding(
        ratings,
        graph.input(
          "ratings", as: .int64, ["N", "T"],
          "the place of each earlier rating on the scale, from 1; 0 at the beginning of a past")),
      graph.embedding(
        items,
        graph.input(
          "items", as: .int64, ["N", "T"],
          "the place of its item, from 1; 0: one without an embedding")),
      graph.input(
        "inputs", ["N", "T", "\(encoder.inputCount)"],
        "the rating, its distance from the item's mean, the gap before it, its numbers"),
    ])
    let read = graph.recurrent(recurrent, steps, lengths: lengths)
    let state = graph.pool(
      read.sequence, [PoolPart(.last, 0..<recurrent.outputSize)], lengths: lengths)
    let target = graph.embedding(
      items, graph.input("item", as: .int64, ["N"], "the place of the item to be rated"))
    let known = graph.input(
      "known", ["N", "\(RatingEncoder.knownCount)"],
      "the means of user and item, how far they go, the gap and whether there is one")
    let mixed = graph.linear(mix, graph.concatenate([state, target, known]))
    return graph.linear(head, graph.concatenate([mixed, known]))
  }
}

extension RatingTimeline {
  /// Adds what networks read of some rows, each with its own past.
  ///
  /// - Parameter limit: Steps of a past, at most.
  fileprivate func add(_ rows: [Int], limit: Int, to example: inout ExportExample) {
    let all = rows.map { row in pasts(before: [row], limit: limit)[0] }
    let steps = all.map(\.length).max() ?? 1
    let (width, count) = (encoder.inputCount, rows.count)
    var ratings = [Int](repeating: 0, count: count * steps)
    var items = ratings
    var inputs = [Float](repeating: 0, count: count * steps * width)
    for (place, past) in all.enumerated() {
      for step in max(0, 1 - past.first)..<past.length {
        let row = Int(rated[Int(past.user)][past.first + step - 1])
        let to = place * steps + step
        ratings[to] = 1 + Int(events.classes[row])
        items[to] = Int(encoder.embedding(of: events.items[row]))
        inputs.copy(row, of: self.inputs, to: to, width: width)
      }
    }
    example.add("lengths", [count], all.map(\.length))
    example.add("ratings", [count, steps], ratings)
    example.add("items", [count, steps], items)
    example.add("inputs", [count, steps, width], inputs)
    example.add("item", [count], rows.map { Int(encoder.embedding(of: events.items[$0])) })
    let size = RatingEncoder.knownCount
    example.add(
      "known", [count, size], rows.flatMap { known[($0 * size)..<(($0 + 1) * size)] })
  }
}
