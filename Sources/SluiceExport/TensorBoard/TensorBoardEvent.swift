import SluicePlatform

/// What an event file of TensorBoard holds: events, each in a record of its own. Fields are numbered as
/// `event.proto` and `summary.proto` number them.
package struct TensorBoardEvent {
  /// When it came, in seconds since 1970.
  package var seconds: Double
  package var step: Int
  package var content: Content

  package enum Content {
    /// The first event of a file.
    case version
    /// A training goes on from here: what earlier files tell of this step and later ones no longer counts.
    case start
    case scalars([(name: String, value: Float)])
  }

  package init(seconds: Double, step: Int, _ content: Content) {
    self.seconds = seconds
    self.step = step
    self.content = content
  }

  /// The event as a record: its length, its bytes, and a check behind each.
  package var record: [UInt8] {
    let event = message.bytes
    let length = Self.bytes(UInt64(event.count))
    return length + Self.bytes(CRC32.masked(length)) + event + Self.bytes(CRC32.masked(event))
  }

  private var message: ProtobufMessage {
    var event = ProtobufMessage()
    event.add(1, seconds)
    event.add(2, step)
    switch content {
    case .version: event.add(3, "brain.Event:2")
    case .start:
      var session = ProtobufMessage()
      session.add(1, 1)
      event.add(7, session)
    case .scalars(let scalars):
      var summary = ProtobufMessage()
      for scalar in scalars {
        var value = ProtobufMessage()
        value.add(1, scalar.name)
        value.add(2, scalar.value)
        summary.add(1, value)
      }
      event.add(5, summary)
    }
    return event
  }

  private static func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
    withUnsafeBytes(of: word.littleEndian) { Array($0) }
  }
}
