import Foundation
import Logging
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceSettings
import SluiceTables
import SluiceTraining

/// What is asked of a training: the way from settings and rows to a run's folder.
package struct TrainingRequest<Task: LearningTask> {
  /// A file of settings; it may name just a few.
  package var settingsFile: String?
  /// Settings as YAML, over those of the file; they may name just a few.
  package var settingsText: String?
  /// Settings to begin with, by name, instead of the standard ones.
  package var recipe: String?
  /// Single settings, by path, over those of the file.
  package var flags: [(path: String, text: String)] = []
  /// The run's folder. Nil: a new one in `runs`.
  package var output: String?
  /// Whether to go on with the run in the folder, if there is one.
  package var resumes = false
  /// Processes that train together, each of which makes this request: they share the micro-batches of
  /// each step out, of which there are as many times more. Rank 0 holds the run's folder.
  package var ranks: any Collective = OneRank()

  package init() {}

  /// A training about to begin.
  package struct Prepared {
    package let run: RunDirectory
    package let training: TaskRun<Task>
    /// Where the rows come from and what else there is to say before it begins.
    package let remarks: [Remark]
  }

  /// Reads settings and rows, then makes the run's folder: what cannot begin leaves nothing behind.
  ///
  /// - Parameter open: Opens the device, once the settings are sound; its ranks are those of the request.
  /// - Throws: ``SettingError``, ``TableError``, ``RunDirectoryError`` and others.
  package func prepare(logger: Logger, open: () throws -> any Backend) throws -> Prepared {
    let folder = output ?? Self.newFolder()
    let stored = try storedSettings(ofRun: folder)
    let isResuming = stored != nil
    // Once: it may be a pipe.
    let file = try settingsFile.map { try FileReader.text(of: $0) }
    var asked = try askedSettings(
      over: recipe.map { try Task.recipe($0) } ?? Task.standard, stored, file)
    let dataPath = asked.dataPath
    // A run keeps the name under which it began to read its rows.
    let earlierPath = dataPath == nil ? nil : stored?.dataPath
    asked.dataPath = earlierPath ?? dataPath
    try refuseSizes(beside: asked)
    if stored != nil, let dataPath { try refuseMissing(dataPath, in: folder) }
    let backend = try open()
    let source = try TableSource(dataPath) { Task.sample(seed: asked.training.seed) }
    let hasMoved = earlierPath != nil && earlierPath != dataPath
    try requireSameRows(source)
    if hasMoved, ranks.isRoot { try requireRows(source, ofRun: folder) }
    let task = try Task(source.table, asked) {
      var settings = try askedSettings(over: $0, stored, file)
      if let earlierPath { settings.dataPath = earlierPath }
      return settings
    }
    if let stored { try compare(task.settings, with: stored, in: folder) }
    let run =
      ranks.isRoot
      ? try RunDirectory(folder, resuming: isResuming) : RunDirectory(followed: folder)
    if !isResuming && run.isWritten {
      // The settings first: from then on the folder is a run that can be resumed.
      try AtomicFile.write(SettingsText.yaml(of: task.settings), to: run.configurationPath)
      if let sample = source.sample { try AtomicFile.write(sample, to: folder + "/sample.csv") }
    }
    var remarks: [Remark] = []
    if resumes && !isResuming {
      remarks.append(.note("\(folder) holds no run yet: beginning a new one"))
    }
    remarks.append(
      .note(
        source.origin(
          roles: task.roles, subject: Task.words.subject, unused: task.unusedColumns)))
    if hasMoved, let earlierPath {
      remarks.append(.note("these are the rows that the run knows as \(earlierPath)"))
    }
    if let path = dataPath, !FileReader.isRegularFile(path) {
      remarks.append(
        .warning("\(path) cannot be read twice: to resume this run, give the same rows there again")
      )
    }
    remarks += try deviceRemarks(backend.device, task.settings)
    return Prepared(
      run: run,
      training: TaskRun(task, fingerprint: source.fingerprint, on: backend, logger: logger),
      remarks: remarks)
  }

  private static func newFolder() -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "yyyyMMdd-HHmmss"
    return "runs/\(Task.name)-\(format.string(from: Date()))"
  }

  /// What computes, and how ranks share it out.
  private func deviceRemarks(_ device: Device, _ settings: Task.Settings) throws -> [Remark] {
    let own = "\(device.id), \(device.name)"
    guard ranks.size > 1 else { return [.note("device: \(own)")] }
    let devices = try ranks.gather(own)
    let count = settings.training.gradientAccumulation
    return devices.enumerated().map { .note("rank \($0): \($1)") } + [
      .note(
        "\(ranks.size) ranks: \(count) micro-batches of \(settings.batchSize) a step, as with "
          + "`training.gradient_accumulation: \(count)` on one")
    ]
  }

  /// Refuses ranks that have read other rows than the first one.
  private func requireSameRows(_ source: TableSource) throws {
    let found = try ranks.gather(source.fingerprint)
    guard let other = found.firstIndex(where: { $0 != found[0] }) else { return }
    throw RunDirectoryError(
      "rank \(other) has read other rows in \(source.table.file) than rank 0",
      remedy: "Copy the same file to every host, under the same path")
  }

  /// The settings of the run in the folder; nil where there is none to go on with. Rank 0 reads them for
  /// all.
  private func storedSettings(ofRun folder: String) throws -> Task.Settings? {
    let path = folder + "/config.yaml"
    let bytes = try ranks.shared {
      try resumes && RunDirectory.holdsRun(folder) ? Array(FileReader.text(of: path).utf8) : []
    }
    return bytes.isEmpty ? nil : try storedSettings(String(decoding: bytes, as: UTF8.self), path)
  }

  private func storedSettings(_ text: String, _ path: String) throws -> Task.Settings {
    let names = text.split(separator: "\n").filter { $0.hasPrefix("task: ") }
    if let name = names.first?.dropFirst(6), name != Task.name {
      throw RunDirectoryError(
        "\(path) is of a run of \(name), not of \(Task.name)",
        remedy: "Go on with it as what it is, or choose another folder with `output`")
    }
    return try Task.earlierSettings(text, name: path)
  }

  /// The settings that are asked for: those of a run to be resumed, where nothing names others, or the
  /// file's over the recipe's; and the flags over either.
  ///
  /// - Parameter file: The text of the file of settings.
  private func askedSettings(
    over base: Task.Settings, _ stored: Task.Settings?, _ file: String?
  ) throws -> Task.Settings {
    var sources: [SettingsSource] = []
    var base = base
    if settingsFile == nil, settingsText == nil, recipe == nil, let stored { base = stored }
    if let settingsFile, let file { sources.append(.file(name: settingsFile, text: file)) }
    if let settingsText { sources.append(.file(name: "settings", text: settingsText)) }
    sources.append(.flags(flags))
    let reader = SettingsReader<Task.Settings>(sources)
    func requireTask(_ settings: Task.Settings) throws {
      guard settings.task == Task.name else {
        throw SettingError(
          "task", "is \(settings.task), not \(Task.name): the settings are of another task",
          remedy: "Train that task, or give settings of this one.")
      }
    }
    var settings = try reader.settings(over: base, check: requireTask)
    let cell = settings.cell
    if cell != base.cell || flags.contains(where: { $0.path == Self.cellPath }) {
      // The layers of a recipe follow; those that a file names stay what it says.
      base.use(cell)
      settings = try reader.settings(over: base) {
        try requireTask($0)
        try Self.require(cell, in: $0.plainStack)
      }
    }
    let accumulation = settings.training.gradientAccumulation * ranks.size
    if stored?.training.gradientAccumulation ?? accumulation == accumulation {
      settings.training.gradientAccumulation = accumulation
    }
    // Relative to where the program runs: the run keeps the whole path.
    settings.dataPath = settings.dataPath.map { URL(fileURLWithPath: $0).path }
    return settings
  }

  private static var cellPath: String { "model.cell" }

  /// Refuses a cell that does not reach the layers of a stack, instead of ignoring it.
  private static func require(_ cell: RecurrentCell, in stack: StackConfiguration) throws {
    guard !stack.isEmpty, stack.cells != [cell] else { return }
    throw SettingError(
      cellPath,
      stack.cells.isEmpty
        ? "is \(cell.rawValue), but `model.stack` has no recurrent layer"
        : "is \(cell.rawValue), but the layers of `model.stack` name other cells",
      remedy: "Leave it out, or write `- \(cell.rawValue): 64` and so on in the stack.")
  }

  /// Refuses sizes of layers beside a stack, which says its own, instead of ignoring them.
  private func refuseSizes(beside settings: Task.Settings) throws {
    guard !settings.plainStack.isEmpty else { return }
    for flag in SettingsSchema(of: Task.Settings.self).flags
    where flag.path == "model.hidden" || flag.path == "model.layers" {
      guard flags.contains(where: { $0.path == flag.path }) else { continue }
      throw SettingError(
        flag.path, "does not reach a plain stack",
        remedy: "Change `model.stack` in a file of settings.", source: .caller)
    }
  }

  /// Refuses to resume a run whose rows are gone.
  private func refuseMissing(_ path: String, in folder: String) throws {
    guard !FileReader.exists(path) else { return }
    throw RunDirectoryError(
      "there is no \(path), which the run in \(folder) is to learn from",
      remedy: "Name the file in `data.path` where it lies now: with the same rows the run goes on")
  }

  /// Refuses rows under another name than the run began with, if they are not the same.
  private func requireRows(_ source: TableSource, ofRun folder: String) throws {
    guard let known = try? FinishedPhases(ofRun: folder).dataFingerprint else {
      throw RunDirectoryError(
        "the run in \(folder) has no checkpoint that tells whether these are its rows",
        remedy: "Train anew in another folder")
    }
    guard known == source.fingerprint else {
      throw RunDirectoryError(
        "the run in \(folder) is of other data than \(source.table.file) holds",
        remedy: "Resume with the rows that it began with, or train anew in another folder")
    }
  }

  /// Refuses to resume a run with other settings than it began with.
  private func compare(
    _ asked: Task.Settings, with stored: Task.Settings, in folder: String
  ) throws {
    let changes = try Task.changes(from: stored, to: asked)
    guard !changes.isEmpty else { return }
    throw RunDirectoryError(
      "the run in \(folder) has other settings: \(changes.prefix(3).joined(separator: "; "))",
      remedy: "Resume without these, or train anew in another folder.")
  }
}

/// The rows that a run learns from: a file, or a sample generated from the seed.
struct TableSource {
  let table: Table
  /// Tells these rows from others.
  let fingerprint: String
  /// The text of the generated sample; nil for a file.
  let sample: String?

  /// - Parameters:
  ///   - path: The file; nil for a sample.
  ///   - makeSample: Writes the sample, a CSV.
  init(_ path: String?, makeSample: () -> String) throws {
    sample = path == nil ? makeSample() : nil
    let bytes =
      try path.map { try FileReader.bytes(of: $0, copies: Table.copies) }
      ?? Array((sample ?? "").utf8)
    fingerprint = Checksum.hexadecimal(of: bytes)
    table = try Table(bytes: bytes, file: path ?? "generated sample")
  }

  /// Where the rows come from and what the columns were taken for, in a line.
  ///
  /// - Parameters:
  ///   - roles: Such as `target Churn (Yes), identifier customerID`.
  ///   - subject: What the sample has none of that is real: `sales`.
  ///   - unused: Columns without a role.
  func origin(roles: String, subject: String, unused: [String]) -> String {
    let rows = "\(table.rowCount.grouped) rows"
    let source =
      sample == nil
      ? "data: \(table.file), \(rows)"
      : "data: no file given, so this is a sample generated from the seed, not real \(subject); "
        + rows
    let rest = unused.isEmpty ? "" : "; not used: \(unused.joined(separator: ", "))"
    return "\(source) (\(roles)\(rest))"
  }
}

extension Int {
  /// `1,234,567`
  package var grouped: String {
    var digits = String(magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (self < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }
}
