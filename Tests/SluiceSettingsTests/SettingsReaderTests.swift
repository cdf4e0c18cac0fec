import SluiceSettings
import Testing

/// Settings as files and flags change them, and what is said of mistakes.
@Suite struct SettingsReaderTests {
  enum Mode: String, Codable, Hashable, Sendable, SettingChoice {
    case fast, exact
  }

  struct Inner: SettingsBlock {
    @Setting("A share.", in: 0..<1, flag: "share") var dropRate = 0.1
    @Setting("Names.", flag: "names") var names: [String]? = nil
    @Setting("A place.", flag: "place") var place: String? = nil
    @Setting("Under another name.", key: "on_nan") var onNaN = Mode.exact
  }

  struct Probe: SettingsBlock {
    @Setting("How often.", in: 1...9, flag: "count") var count = 3
    @Setting("Open.", in: 1...9, flag: "open") var open: Int? = nil
    @Setting("Whether.", flag: "no-rest") var rest = true
    @Setting("How.", flag: "mode") var mode = Mode.fast
    var inner = Inner()

    func check() throws {
      if count == 7, inner.place == nil {
        throw SettingError("inner.place", "is missing, which a count of 7 needs")
      }
    }
  }

  private func read(_ text: String, _ flags: [(path: String, text: String)] = []) throws -> Probe {
    try SettingsReader<Probe>([.file(name: "c.yaml", text: text), .flags(flags)])
      .settings(over: Probe())
  }

  private func error(_ text: String, _ flags: [(path: String, text: String)] = []) throws
    -> SettingError
  {
    try #require(throws: SettingError.self) { try read(text, flags) }
  }

  @Test func aFileNamesWhatItChanges() throws {
    #expect(try read("") == Probe())
    let probe = try read("inner:\n  drop_rate: 0.5\n  names: [a, \"1\"]\nmode: exact\n")
    #expect(probe.inner.dropRate == 0.5 && probe.inner.names == ["a", "1"])
    #expect(probe.mode == .exact && probe.count == 3)
  }

  /// Small files that stand for ever so much, or go ever so deep.
  @Test(.timeLimit(.minutes(1))) func filesThatAreNoSettings() throws {
    var bomb = "x0: &x0 [a, a, a, a, a, a, a, a, a]\n"
    for level in 1...30 {
      let aliases = [String](repeating: "*x\(level - 1)", count: 9).joined(separator: ", ")
      bomb += "x\(level): &x\(level) [\(aliases)]\n"
    }
    for text in [
      bomb + "inner:\n  names: *x30\n", String(repeating: "[", count: 100_000),
      "inner: " + String(repeating: "{a: ", count: 100_000), String(repeating: "- ", count: 50_000),
      String(repeating: "? ", count: 50_000), String(repeating: "count: 3\n", count: 200_000),
    ] {
      let error = try error(text)
      #expect(error.place == "c.yaml", "\(error)")
    }
    #expect(try read("inner:\n  names: &n [a]\n").inner.names == ["a"])
  }

  @Test func flagsStandOverTheFile() throws {
    let probe = try read(
      "count: 4\nopen: 5\n",
      [
        ("count", "5"), ("open", "auto"), ("rest", ""), ("inner.names", "a, b"),
        ("inner.place", "null"), ("mode", "exact"),
      ])
    #expect(probe.count == 5 && probe.open == nil && !probe.rest && probe.mode == .exact)
    #expect(probe.inner.names == ["a", "b"])
    // A word is a word, whatever it says.
    #expect(probe.inner.place == "null")
    #expect(try read("", [("inner.names", ""), ("inner.place", "")]).inner.names == [])
  }

  @Test func whatIsWrittenReadsBack() throws {
    var probe = try read("count: 9\nopen: 2\n")
    probe.inner.dropRate = 0.00003
    let text = try SettingsText.yaml(of: probe)
    #expect(text.contains("on_nan: exact") && text.contains("place: null"))
    let again = try SettingsReader<Probe>(text, name: "t").settings(over: Probe(), isComplete: true)
    #expect(again == probe)
    let explained = try SettingsText.yaml(of: probe, isExplained: true)
    #expect(explained.contains("# How often. Takes 1 to 9.\ncount: 9"))
    #expect(explained.contains("  # A share. Takes 0 up to, but not, 1.\n  drop_rate: "))
    #expect(explained.contains("One of: fast, exact."))
    #expect(try SettingsReader<Probe>(explained, name: "t").settings(over: Probe()) == probe)
  }

  @Test(
    arguments: [
      ("count: 0", "c.yaml:1:8", "count"), ("count: 10", "c.yaml:1:8", "count"),
      ("count: many", "c.yaml:1:8", "count"), ("open: 0", "c.yaml:1:7", "open"),
      ("inner:\n  drop_rate: 1", "c.yaml:2:14", "inner.drop_rate"),
      ("inner:\n  drop_rat: 1", "c.yaml:2:3", "inner.drop_rat"),
      ("inner: 3", "c.yaml:1:8", "inner"), ("mode: slow", "c.yaml:1:7", "mode"),
      ("inner:\n  on_nan: 3", "c.yaml:2:11", "inner.on_nan"),
      ("- 1", "c.yaml:1:1", ""), ("count: [1", "c.yaml", ""),
      // The setting is not there: its block is.
      ("count: 7\ninner:\n  drop_rate: 0.2", "c.yaml:3:3", "inner.place"),
    ])
  func mistakesSayWhere(_ text: String, _ place: String, _ setting: String) throws {
    let error = try error(text)
    #expect(error.source == .file(place), "\(error)")
    #expect(error.setting == setting, "\(error)")
  }

  @Test func mistakesOfFlagsNameTheFlag() throws {
    for (path, text, flag) in [
      ("count", "0", "--count"), ("count", "many", "--count"), ("inner.drop_rate", "-1", "--share"),
      ("mode", "slow", "--mode"),
    ] {
      let error = try error("count: 4", [(path, text)])
      #expect(error.source == .flag(flag))
      #expect(error.what.hasPrefix(flag) && error.what.contains(text), "\(error)")
    }
    // The flag is right, the file is not.
    #expect(try error("count: 0", [("mode", "exact")]).source == .file("c.yaml:1:8"))
  }

  @Test func hintsNameWhatThereIs() throws {
    #expect(try error("cuont: 3").remedy == "Did you mean `count`?")
    #expect(try error("weather: 3").remedy.contains("count, open, rest, mode, inner"))
    #expect(try error("mode: slow").what.contains("fast, exact"))
    #expect(try error("count: 0").what.contains("1 to 9"))
  }

  @Test func aWholeFileLacksNothing() throws {
    let text = try SettingsText.yaml(of: Probe())
    for line in text.split(separator: "\n") where !line.hasSuffix(":") {
      let cut = text.replacing("\(line)\n", with: "")
      let error = try #require(throws: SettingError.self, "\(line)") {
        try SettingsReader<Probe>(cut, name: "c.yaml").settings(over: Probe(), isComplete: true)
      }
      let key = line.split(separator: ":")[0].filter { $0 != " " }
      #expect(error.setting.hasSuffix(key))
    }
  }

  /// What an earlier version wrote lacks what came later, and nothing else.
  @Test func anAdditionHasItsDefaultWhereItIsMissing() throws {
    struct Grown: SettingsBlock {
      @Setting("Old.", in: 1...9) var old = 3
      @Setting("New.", in: 1...9, isAddition: true) var new = 1
    }
    var base = Grown()
    base.new = 2
    let read = { (text: String) in
      try SettingsReader<Grown>(text, name: "c.yaml").settings(over: base, isComplete: true)
    }
    #expect(try read("old: 4").new == 2)
    #expect(try read("old: 4\nnew: 5").new == 5)
    #expect(throws: SettingError.self) { try read("new: 5") }
  }

  @Test func valuesSetByHandAreChecked() throws {
    var probe = Probe()
    try probe.validate()
    probe.inner.dropRate = 1
    #expect(throws: SettingError.self) { try probe.validate() }
  }

  /// A line more or less does not make all others differ.
  @Test func differencesGoByKey() throws {
    var other = Probe()
    other.open = 4
    other.inner.names = ["x"]
    let found = try SettingsReader.differences(Probe(), other)
    #expect(found.map(\.path) == ["open", "inner.names"])
    #expect(found.map(\.first) == ["null", "null"])
    #expect(found.map(\.second) == ["4", "[x]"])
  }
}
