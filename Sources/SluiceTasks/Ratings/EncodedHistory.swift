/// Pasts of users, cut into sequences of limited length, and the rows that are to be rated from them.
///
/// Step 0 of a past is the beginning, step p the user's rating number p: after it, p ratings are
/// known. A sequence that is no user's first begins in the middle of a past, and its first L / 2
/// steps are there to be read only.
struct EncodedHistory {
  /// The rating at each step of all sequences: 0 at the beginning, 1 + its class otherwise.
  var ratings: [Int32] = []
  /// The item at each step; 0 is unknown.
  var items: [Int32] = []
  /// `[steps, D]`
  var inputs: [Float] = []
  /// D
  let inputCount: Int
  /// `[S + 1]`: where each sequence begins, and the end.
  var starts: [Int32] = [0]

  /// `[Q]`: the row that is rated.
  var rows: [Int] = []
  /// `[Q]`, ascending: the sequence that it is rated from.
  var sequences: [Int32] = []
  /// `[Q]`: the step in it behind which the row comes.
  var steps: [Int32] = []
  /// `[Q]`: what is rated; 0 is unknown.
  var targets: [Int32] = []
  /// `[Q, ``HistoryEncoder/knownCount``]`
  var known: [Float] = []
  /// `[Q]`: the true class; −1 where there is none.
  var classes: [Int32] = []

  /// S
  var sequenceCount: Int { starts.count - 1 }

  func length(_ sequence: Int) -> Int { Int(starts[sequence + 1] - starts[sequence]) }
}

extension HistoryTimeline {
  /// Encodes some rows with the pasts that they are rated from.
  ///
  /// - Parameters:
  ///   - queries: Rows to rate; they come user by user and in the order of time.
  ///   - limit: L, even: steps of a sequence at most.
  /// - Complexity: O(Q log Q + steps).
  func encode(_ queries: [Int], limit: Int) -> EncodedHistory {
    var encoded = EncodedHistory(inputCount: encoder.inputCount)
    let ordered = queries.sorted {
      (events.users[$0], ranks[$0]) < (events.users[$1], ranks[$1])
    }
    let half = limit / 2
    var current: (user: Int32, first: Int, length: Int)?
    for row in ordered {
      let user = events.users[row]
      let position = Int(positions[row])
      let first = max(0, position / half - 1) * half
      if let open = current, user < 0 || open.user != user || open.first != first {
        encoded.starts.append(Int32(encoded.ratings.count))
        current = nil
      }
      var sequence = current ?? (user, first, 0)
      while sequence.first + sequence.length <= position {
        append(step: sequence.first + sequence.length, of: user, to: &encoded)
        sequence.length += 1
      }
      current = sequence
      encoded.rows.append(row)
      encoded.sequences.append(Int32(encoded.sequenceCount))
      encoded.steps.append(Int32(position - first))
      encoded.targets.append(encoder.embedding(of: events.items[row]))
      let place = row * HistoryEncoder.knownCount
      encoded.known += known[place..<(place + HistoryEncoder.knownCount)]
      encoded.classes.append(events.classes[row])
    }
    if current != nil { encoded.starts.append(Int32(encoded.ratings.count)) }
    return encoded
  }

  private func append(step: Int, of user: Int32, to encoded: inout EncodedHistory) {
    guard step > 0 else {
      encoded.ratings.append(0)
      encoded.items.append(0)
      encoded.inputs += [Float](repeating: 0, count: encoder.inputCount)
      return
    }
    let row = Int(eventRows[eventStarts[Int(user)] + step - 1])
    encoded.ratings.append(1 + events.classes[row])
    encoded.items.append(encoder.embedding(of: events.items[row]))
    encoded.inputs += inputs[(row * encoder.inputCount)..<((row + 1) * encoder.inputCount)]
  }
}
