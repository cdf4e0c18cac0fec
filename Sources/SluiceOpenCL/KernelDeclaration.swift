import CKernels

/// A kernel as its source declares it.
///
/// The sources of Kernels/ are the only list of kernels: what can be built, what a launch names and in
/// which order, and what the tests must have run are all read from them.
struct KernelDeclaration {
  struct Parameter {
    enum Kind: Equatable {
      /// Global memory; the offset of its first element and the distance of its rows follow where
      /// they are declared as `<name>_offset` and `<name>_stride`.
      case address(hasOffset: Bool, hasStride: Bool)
      /// Local memory, whose size the launch gives.
      case local
      case int, uint, uint2, float
    }

    var name: String
    var kind: Kind
    /// The option without which there is no such parameter: it stands under an `#if` of its name.
    var option: String?
  }

  let name: String
  /// The file of Kernels/ that it stands in.
  let file: String
  private(set) var parameters: [Parameter] = []

  /// Every kernel of Kernels/ by its name.
  static let all: [String: KernelDeclaration] = {
    let declarations = sources.flatMap { file, text in
      text.split(separator: "__kernel ").dropFirst().compactMap { Self(file: file, $0) }
    }
    return Dictionary(declarations.map { ($0.name, $0) }) { first, _ in first }
  }()

  /// The files of Kernels/ by their names, as they stood when this was built.
  static let sources: [String: String] = {
    var sources: [String: String] = [:]
    var file = kernel_files()
    while let name = file.pointee.name, let text = file.pointee.text {
      sources[String(cString: name)] = String(cString: text)
      file += 1
    }
    return sources
  }()

  /// - Parameter text: what follows `__kernel`: attributes, `void`, the name, and the parameters in
  ///   parentheses, each on one line.
  private init?(file: String, _ text: Substring) {
    guard let start = text.firstRange(of: "void ")?.upperBound,
      let open = text[start...].firstIndex(of: "("), let close = text[open...].firstIndex(of: ")")
    else { return nil }
    name = String(text[start..<open])
    self.file = file
    var option: String?
    for line in text[open..<close].dropFirst().split(separator: "\n") {
      if line.hasPrefix("#") {
        option = line.hasPrefix("#if ") ? String(line.dropFirst(4)) : nil
        continue
      }
      for words in line.split(separator: ",").map({ $0.split(separator: " ") }) where words != [] {
        guard append(words, option) else { return nil }
      }
    }
  }

  /// Appends a parameter, or completes the address that it belongs to.
  ///
  /// - Returns: whether it is one that a launch can give.
  private mutating func append(_ words: [Substring], _ option: String?) -> Bool {
    guard words.count >= 2, let last = words.last else { return false }
    if let address = parameters.last, case .address(let hasOffset, _) = address.kind,
      last == address.name + "_offset" || last == address.name + "_stride"
    {
      let isStride = last.hasSuffix("_stride")
      parameters[parameters.count - 1].kind = .address(
        hasOffset: hasOffset || !isStride, hasStride: isStride)
      return true
    }
    let kind: Parameter.Kind
    switch words[words.count - 2] {
    case _ where words[0] == "__local": kind = .local
    case _ where last.hasPrefix("*"): kind = .address(hasOffset: false, hasStride: false)
    case "int": kind = .int
    case "uint": kind = .uint
    case "uint2": kind = .uint2
    case "float": kind = .float
    default: return false
    }
    let name = String(last.drop { $0 == "*" })
    parameters.append(Parameter(name: name, kind: kind, option: option))
    return true
  }
}
