/// A list's entry that has one key, the kind of a layer, and its settings below.
struct Entry<Key: CodingKey & CaseIterable & Hashable> {
  let key: Key
  private let values: KeyedDecodingContainer<Key>

  /// - Throws: `DecodingError` that says which kinds there are.
  init(_ decoder: any Decoder) throws {
    let kinds = Key.allCases.map(\.stringValue).joined(separator: ", ")
    func failure(_ what: String, _ key: AnyKey? = nil) -> DecodingError {
      .dataCorrupted(
        .init(codingPath: decoder.codingPath + (key.map { [$0] } ?? []), debugDescription: what))
    }
    guard let names = try? decoder.container(keyedBy: AnyKey.self).allKeys else {
      throw failure("takes one layer with its setting, for example `lstm: 64`")
    }
    for name in names where Key(stringValue: name.stringValue) == nil {
      throw failure("is no layer; there are: \(kinds)", name)
    }
    guard names.count == 1, let key = names.first.flatMap({ Key(stringValue: $0.stringValue) })
    else {
      throw failure("holds \(names.count) layers; each is an entry of its own")
    }
    self.key = key
    values = try decoder.container(keyedBy: Key.self)
  }

  /// The settings of the layer; where there is a bare value, it is that of `main`.
  ///
  /// - Throws: `DecodingError` for a setting that does not exist.
  func settings<Setting: CodingKey & CaseIterable & Hashable>(
    _ type: Setting.Type, main: Setting
  ) throws -> LayerSettings<Setting> {
    guard let given = try? values.nestedContainer(keyedBy: AnyKey.self, forKey: key) else {
      return LayerSettings(bare: try values.superDecoder(forKey: key), main: main)
    }
    let names = Setting.allCases.map(\.stringValue).joined(separator: ", ")
    for name in given.allKeys where Setting(stringValue: name.stringValue) == nil {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: given.codingPath + [name],
          debugDescription: "is no setting of \(key.stringValue); there are: \(names)"))
    }
    return LayerSettings(
      block: try values.nestedContainer(keyedBy: type, forKey: key), main: main)
  }
}

/// The settings of one layer: a block, or one bare value.
struct LayerSettings<Key: CodingKey & Hashable> {
  private enum Source {
    case block(KeyedDecodingContainer<Key>)
    case bare(any Decoder)
  }

  private let source: Source
  private let main: Key

  init(block: KeyedDecodingContainer<Key>, main: Key) {
    source = .block(block)
    self.main = main
  }

  init(bare: any Decoder, main: Key) {
    source = .bare(bare)
    self.main = main
  }

  /// A number of units or columns.
  func count(_ key: Key) throws -> Int {
    guard let value = try value(key, Int.self, "a whole number") else { throw missing(key) }
    guard value >= 1, value <= 65_536 else {
      throw failure(key, "is \(value), must lie between 1 and 65536")
    }
    return value
  }

  /// A share in `[0, 1)`.
  func share(_ key: Key, default standard: Double? = nil) throws -> Double {
    guard let value = try value(key, Double.self, "a number") ?? standard else {
      throw missing(key)
    }
    guard value >= 0, value < 1 else {
      throw failure(key, "is \(value), must be at least 0 and less than 1")
    }
    return value
  }

  /// True or false; false where nothing is said.
  func flag(_ key: Key) throws -> Bool {
    try value(key, Bool.self, "true or false") ?? false
  }

  /// One of a few words.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: Key, _ type: Choice.Type, default standard: Choice? = nil
  ) throws -> Choice where Choice.RawValue == String {
    let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    guard let word = try value(key, String.self, "one of: \(choices)") else {
      if let standard { return standard }
      throw missing(key)
    }
    guard let choice = Choice(rawValue: word) else {
      throw failure(key, "is \(word), it takes one of: \(choices)")
    }
    return choice
  }

  private func value<Value: Decodable>(_ key: Key, _ type: Value.Type, _ words: String) throws
    -> Value?
  {
    do {
      switch source {
      case .block(let values):
        return try values.decodeIfPresent(type, forKey: key)
      case .bare(let decoder):
        return key == main ? try decoder.singleValueContainer().decode(type) : nil
      }
    } catch is DecodingError {
      throw failure(key, "must be \(words)")
    }
  }

  private func missing(_ key: Key) -> DecodingError {
    guard case .block(let values) = source else { return failure(key, "has no value") }
    return .dataCorrupted(
      .init(codingPath: values.codingPath, debugDescription: "lacks `\(key.stringValue)`"))
  }

  private func failure(_ key: Key, _ what: String) -> DecodingError {
    let path: [any CodingKey] =
      switch source {
      case .block(let values): values.codingPath + [key]
      case .bare(let decoder): decoder.codingPath
      }
    return .dataCorrupted(.init(codingPath: path, debugDescription: what))
  }
}

/// A key of any name.
struct AnyKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }
}
