import Foundation

/// Any JSON.
enum JSONValue: Decodable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// - Throws: `DecodingError`, also where values lie too deep in each other.
  init(text: String) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([JSONValue].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSONValue].self))
    }
  }

  /// The value of a key; nil where this is no object, or has no such key.
  subscript(key: String) -> JSONValue? { object?[key] }

  var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
  var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }
  /// A whole number from 0 on.
  var count: Int? { number.flatMap { Int(exactly: $0) }.flatMap { $0 >= 0 ? $0 : nil } }

  /// Whether it asks for nothing: null, false, 0, or empty.
  var isNothing: Bool {
    switch self {
    case .null, .bool(false), .number(0), .string(""), .array([]): true
    case .object(let value): value.isEmpty
    default: false
    }
  }

  /// As a message shows it, in few words.
  var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): Int(exactly: value).map { "\($0)" } ?? "\(value)"
    case .string(let value): value
    case .array(let values):
      values.count > 8 ? "a list" : "[\(values.map(\.text).joined(separator: ", "))]"
    case .object(let value): value["class_name"]?.string ?? "an object"
    }
  }

  /// The name of what Keras writes as a name or as an object of that class, such as an activation.
  var className: String? {
    string ?? self["config"]?.string ?? self["config"]?["name"]?.string
      ?? self["class_name"]?.string
  }
}
