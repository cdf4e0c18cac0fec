import Foundation
import SluiceCompute
import SluicePlatform

/// The folder of a run: `config.yaml, metrics.csv, log.txt, checkpoints/, model/`. Locked while it is
/// held, so that two trainings never share one.
public final class RunDirectory {
  /// The folder.
  public let path: String
  /// Whether this process writes it: where several train together, one does.
  public let isWritten: Bool
  /// Below 0: none.
  private let lock: Int32

  /// The settings as they were resolved.
  public var configurationPath: String { "\(path)/config.yaml" }
  /// The course of the training.
  public var metricsPath: String { "\(path)/metrics.csv" }
  /// The same as event files of TensorBoard, a folder for each phase, where that was asked for.
  public var eventsPath: String { "\(path)/tensorboard" }
  /// What was reported.
  public var logPath: String { "\(path)/log.txt" }
  /// The kernels that were chosen for it, where its device had a choice.
  public var kernelsPath: String { "\(path)/kernels.txt" }
  /// The folder of checkpoints.
  public var checkpointsPath: String { "\(path)/checkpoints" }
  /// The folder of the final model.
  public var modelPath: String { "\(path)/model" }

  private static let lockName = ".lock"

  /// Makes and locks the folder of a new run, or with `resuming` locks that of an earlier one and
  /// removes what it left half-written.
  ///
  /// - Throws: ``RunDirectoryError`` where the folder holds something else, where there is no run to
  ///   resume, or where another training holds it; `FileError`.
  public init(_ path: String, resuming: Bool) throws {
    self.path = path
    isWritten = true
    if resuming {
      guard FileReader.exists("\(path)/config.yaml") else {
        throw RunDirectoryError(
          "there is no run to resume in \(path)",
          remedy: "Correct the folder, or leave out `resume` to begin anew")
      }
    } else {
      try Folder.create(path)
      if let name = try Folder.entries(of: path).first(where: { !Self.isLeftover($0) }) {
        let isRun = FileReader.exists("\(path)/config.yaml")
        throw RunDirectoryError(
          "\(path) \(isRun ? "holds an earlier run" : "is not empty: it holds \(name)")",
          remedy: isRun
            ? "Add `resume` to go on with it, or choose another folder with `output`"
            : "Choose another folder with `output`")
      }
    }
    let lockPath = "\(path)/\(Self.lockName)"
    let file = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw FileError("write to the folder", path, code: errno) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(file)
      guard code == EWOULDBLOCK else { throw FileError("lock", lockPath, code: code) }
      throw RunDirectoryError(
        "another training is at work in \(path)",
        remedy: "Wait until it has ended, or choose another folder with `output`")
    }
    lock = file
    try Folder.removePartial(in: path, prefix: ".")
  }

  /// The folder of a run that another process holds and writes, with which this one trains together.
  ///
  /// - Parameter path: As it is called there; this process need not have it.
  public init(followed path: String) {
    self.path = path
    isWritten = false
    lock = -1
  }

  /// Whether a run that was killed before it had a configuration leaves a file of this name: there
  /// is nothing in it to lose, so a new run may begin over it.
  private static func isLeftover(_ name: String) -> Bool {
    name == lockName || name == "log.txt" || (name.hasPrefix(".") && name.hasSuffix(".partial"))
  }

  /// Whether the folder holds a run to go on with; false where it holds none at all.
  ///
  /// - Throws: ``RunDirectoryError`` where there are checkpoints, but not the settings they belong to.
  public static func holdsRun(_ path: String) throws -> Bool {
    if FileReader.exists("\(path)/config.yaml") { return true }
    guard FileReader.exists("\(path)/checkpoints") else { return false }
    throw RunDirectoryError(
      "\(path)/config.yaml is missing: the checkpoints beside it cannot be used without it",
      remedy: "Copy the file back, or train anew in another folder")
  }

  /// Whether a training is at work in the folder of a run; nothing is held or changed.
  public static func isAtWork(_ path: String) -> Bool {
    let file = open("\(path)/\(lockName)", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    guard flock(file, LOCK_SH | LOCK_NB) == 0 else { return errno == EWOULDBLOCK }
    return false
  }

  /// Writes ``kernelsPath``.
  ///
  /// - Throws: `FileError`.
  public func writeKernels(_ choices: KernelChoices) throws {
    try AtomicFile.write(choices.text, to: kernelsPath)
  }

  /// The kernels that the run was begun with; none where it had no choice, nil where it has not begun.
  ///
  /// - Throws: ``RunDirectoryError`` where the file is damaged; `FileError`.
  public func kernels() throws -> KernelChoices? {
    guard FileReader.exists(kernelsPath) else {
      // Chosen before the first checkpoint: a run without one begins anew.
      let names = (try? Folder.entries(of: checkpointsPath)) ?? []
      return names.contains { $0.hasPrefix("step-") } ? KernelChoices() : nil
    }
    guard let choices = KernelChoices(text: try FileReader.text(of: kernelsPath)) else {
      throw RunDirectoryError(
        "\(kernelsPath) is damaged: without it the run cannot go on with the same kernels",
        remedy: "Copy the file back, or train anew in another folder")
    }
    return choices
  }

  deinit {
    // Lets go of the lock.
    if lock >= 0 { close(lock) }
  }

  /// Writes `model/` with these files, whole or not at all.
  ///
  /// - Throws: `FileError`.
  public func writeModel(_ files: [(name: String, bytes: [UInt8])]) throws {
    try Folder.replace(modelPath, with: files)
  }
}

/// Why a folder cannot hold a run.
public struct RunDirectoryError: SluiceError {
  /// What went wrong.
  public let what: String
  /// What to do about it.
  public let remedy: String

  /// Each argument is the property of its name.
  public init(_ what: String, remedy: String) {
    self.what = what
    self.remedy = remedy
  }
}
