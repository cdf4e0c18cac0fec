import SluiceCPU
import SluiceCompute

/// The devices of this machine, and the way from a name to a back end.
///
/// This is the one place that knows which back ends there are.
public enum Devices {
  /// Every device found, usable or not.
  public static func all(threads: Int? = nil) -> [Device] {
    do throws(ComputeError) {
      return [try CPUBackend(threads: threads).device]
    } catch {
      return []
    }
  }

  /// What `auto` stands for here, and why.
  public static func automatic() -> (id: String, reason: String) {
    ("cpu", "the only back end of this build")
  }

  /// Opens a device.
  ///
  /// - Parameters:
  ///   - id: `auto`, `cpu`, or an id that ``all(threads:)`` lists.
  ///   - threads: Threads of the CPU back end; nil for one per processor.
  /// - Throws: ``ComputeError`` with `.noDevice`, naming what there is.
  public static func open(_ id: String = "auto", threads: Int? = nil) throws(ComputeError)
    -> any Backend
  {
    let chosen = id == "auto" ? automatic().id : id
    guard chosen == "cpu" else {
      let known = all().map(\.id).joined(separator: ", ")
      throw ComputeError(
        .noDevice, "there is no device \(id)",
        remedy: "There are: \(known). `sluice devices` tells more")
    }
    return try CPUBackend(threads: threads)
  }
}
