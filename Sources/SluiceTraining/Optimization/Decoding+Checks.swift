import SluiceSettings

extension KeyedDecodingContainer {
  /// Decodes a number, or `standard` where the key is absent, and checks its range.
  ///
  /// - Throws: `DecodingError` that names the key and the range.
  func decode<Number: Decodable & Comparable>(
    _ key: Key, _ standard: Number, in range: ClosedRange<Number>
  ) throws -> Number {
    let value = try decodeIfPresent(Number.self, forKey: key) ?? standard
    guard range.contains(value) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self,
        debugDescription: "is \(value), it takes \(Bounds.text(range))")
    }
    return value
  }

  /// Decodes one of a few words, or `standard` where the key is absent.
  ///
  /// - Throws: `DecodingError` that names the key and the words.
  func decode<Choice: CaseIterable & RawRepresentable>(
    _ key: Key, _ standard: Choice
  ) throws -> Choice where Choice.RawValue == String {
    guard let text = try decodeIfPresent(String.self, forKey: key) else { return standard }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self, debugDescription: "is \(text), it takes one of: \(words)")
    }
    return choice
  }
}

extension Decoder {
  /// Refuses keys that mean nothing here, which would else be ignored in silence.
  ///
  /// - Throws: `DecodingError` that names the key and those there are.
  func refuseKeys<Key: CodingKey>(besides known: [Key]) throws {
    let names = known.map(\.stringValue)
    for key in try container(keyedBy: AnyKey.self).allKeys where !names.contains(key.stringValue) {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: codingPath + [key],
          debugDescription:
            "is no setting here; there are \(names.joined(separator: ", "))"))
    }
  }
}

private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
