import SluiceCompute
import SluicePlatform

/// The kernels that were measured to be the fastest on a device, kept beside its compiled programs.
///
/// One file for each device, driver and text of the kernels. Anything else in it is ignored, and said.
struct TuningFile {
  let path: String
  private let folder: String

  /// - Parameter folder: Nil: that of the programs of this user.
  /// - Returns: Nil where there is no place for it.
  init?(of device: OpenCLDevice, in folder: String? = nil) {
    guard let cache = folder.map(ProgramCache.init(folder:)) ?? .ofUser else { return nil }
    let kernels = KernelDeclaration.sources.sorted { $0.key < $1.key }.map(\.value).joined()
    let key = cache.key(source: Array(kernels.utf8), options: "", device: device)
    self.folder = cache.folder
    path = "\(cache.folder)/tuning-\(key.hexadecimal).txt"
  }

  /// What is kept; nil where there is nothing.
  ///
  /// - Throws: ``Damage`` where there is something else.
  func read() throws(Damage) -> KernelChoices? {
    guard FileReader.isRegularFile(path), let text = try? FileReader.text(of: path) else {
      return nil
    }
    guard let choices = KernelChoices(text: text) else { throw Damage(path: path) }
    return choices
  }

  /// Keeps `choices`, if it can: otherwise the next run measures again.
  func write(_ choices: KernelChoices) {
    do {
      try Folder.create(folder)
      try AtomicFile.write(choices.text, to: path)
    } catch {}
  }

  /// What stands in the file's place is no such file.
  struct Damage: Error {
    var path: String
  }
}

extension OpenCLDevice {
  /// How many choices of kernels are kept for it on this machine.
  public var keptChoices: Int {
    guard let tuning = TuningFile(of: self) else { return 0 }
    return ((try? tuning.read()) ?? nil)?.names.count ?? 0
  }
}

extension OpenCLBackend {
  public func forgetKernelChoices() {
    kernelChoices = KernelChoices()
    kernelChoicesRemark = nil
    tuning?.write(kernelChoices)
  }

  /// Takes over what earlier runs on this machine have chosen.
  func readChoices() {
    do throws(TuningFile.Damage) {
      if let kept = try tuning?.read() { kernelChoices = kept }
    } catch {
      kernelChoicesRemark =
        "\(error.path) is damaged or of another version: its choices of kernels are ignored; "
        + "`sluice tune` writes it anew"
    }
  }
}
