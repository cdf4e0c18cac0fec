import SluiceCPU
import SluiceCompute
import SluiceOpenCL
import SluicePlatform

/// The devices of this machine, and the way from a name to a back end.
///
/// This is the one place that knows which back ends there are.
public enum Devices {
  /// What stands for a device without being its id, and is always understood.
  package static let words = ["auto", "cpu", "gpu", "opencl"]

  /// Every device found, usable or not: the CPU, then OpenCL's by platform.
  public static func all(threads: Int? = nil) -> [Device] {
    var devices: [Device] = []
    if let cpu = try? CPUBackend(threads: threads) { devices.append(cpu.device) }
    return devices + OpenCLDevice.all().devices.map(\.device)
  }

  /// How many choices of kernels are kept on this machine, by the ids of the devices that have any.
  public static func keptChoices() -> [String: Int] {
    let usable = OpenCLDevice.all().devices.filter { $0.device.unusableReason == nil }
    let counts = usable.map { ($0.device.id, $0.keptChoices) }.filter { $0.1 > 0 }
    return Dictionary(uniqueKeysWithValues: counts)
  }

  /// What `auto` stands for here, and why.
  ///
  /// A GPU or an accelerator, if there is one that can be used; else the CPU back end. An OpenCL
  /// device that is only the CPU is never picked: our own back end does the same work faster.
  public static func automatic() -> (id: String, reason: String) {
    automatic(OpenCLDevice.all())
  }

  static func automatic(_ list: OpenCLDeviceList) -> (id: String, reason: String) {
    if let device = list.preferred?.device, device.kind != .cpu {
      let kind = device.kind == .gpu ? "GPU" : "accelerator"
      return (device.id, "the first usable \(kind): \(device.name)")
    }
    guard !list.devices.isEmpty else { return ("cpu", list.absence) }
    let others = list.devices.map { item in
      let device = item.device
      let why = device.unusableReason.map { "cannot be used (\($0))" }
      return "\(device.id) \(why ?? "is only the CPU, which this back end drives faster")"
    }
    return ("cpu", others.joined(separator: "; "))
  }

  /// Opens a device.
  ///
  /// - Parameters:
  ///   - id: `auto`, `cpu`, `gpu` for the first usable GPU, `opencl` for the best OpenCL device, or
  ///     an id that ``all(threads:)`` lists.
  ///   - threads: Threads of the CPU back end; nil for one per processor.
  ///   - onDelay: Told in words, by any thread, when work waits for the device's compiler for more than two
  ///     seconds, and when the device has not answered for thirty.
  /// - Throws: ``ComputeError`` with `.noDevice`, naming what there is, or with `.unsupported` for
  ///   a device that cannot be used. Never opens another device than the one named.
  public static func open(
    _ id: String = "auto", threads: Int? = nil, onDelay: (@Sendable (String) -> Void)? = nil
  ) throws(ComputeError) -> any Backend {
    let chosen = id == "auto" ? automatic().id : id
    if chosen == "cpu" { return try CPUBackend(threads: threads) }
    if chosen == "gpu" || chosen == "opencl" || chosen.hasPrefix("opencl:") {
      return tellingDelays(of: try OpenCLBackend(id: chosen), onDelay)
    }
    let known = all().map(\.id)
    let meant = NearMiss.question(id, among: words + known).map { $0 + " " } ?? ""
    throw ComputeError(
      .noDevice, "there is no device \(id)",
      remedy: meant + "There are: \(known.joined(separator: ", ")). `sluice devices` tells more")
  }

  /// What opens the device of a back end once more, in a context of its own, where it has failed; nil for
  /// the CPU, which cannot be lost.
  ///
  /// - Parameter onDelay: As that of ``open(_:threads:onDelay:)``.
  package static func reopening(
    _ backend: any Backend, onDelay: (@Sendable (String) -> Void)? = nil
  ) -> (() throws -> any Backend)? {
    guard let reopen = (backend as? OpenCLBackend)?.reopen else { return nil }
    return { tellingDelays(of: try reopen(), onDelay) }
  }

  private static func tellingDelays(
    of backend: OpenCLBackend, _ onDelay: (@Sendable (String) -> Void)?
  ) -> OpenCLBackend {
    guard let onDelay else { return backend }
    let name = backend.device.name
    backend.onLongCompilation { programs in
      onDelay("compiling \(programs) programs for \(name), once on this machine …")
    }
    let id = backend.device.id
    backend.onLongWait { call in
      onDelay(
        "\(id) has been at work for 30 seconds (\(call)); if it hangs, Ctrl-C twice ends this")
    }
    return backend
  }
}
