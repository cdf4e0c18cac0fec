import ArgumentParser
import Sluice

struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices", _superCommandName: "sluice",
    abstract: "Shows the devices of this machine, and what `auto` would pick and why.")

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let devices = Devices.all()
    let automatic = Devices.automatic()
    let choices = Devices.keptChoices()
    if json {
      let entries = devices.map { Listing.Entry($0, choices: choices[$0.id] ?? 0) }
      return try Console.json(Listing(devices: entries, auto: automatic.id))
    }
    var table = TextTable(["device", "kind", "units", "memory", "name"])
    for device in devices {
      table.add([
        device.id, device.kind.rawValue, String(device.computeUnits),
        Format.bytes(device.globalMemory),
        device.name + (device.unusableReason.map { " (not usable: \($0))" } ?? ""),
      ])
    }
    Console.result(table.lines)
    Console.result("\nauto: \(automatic.id), \(automatic.reason)")
    let gpu = devices.first { $0.kind == .gpu && $0.unusableReason == nil }
    Console.result(
      "gpu: " + (gpu.map { "\($0.id), the first usable GPU" } ?? "there is none to use"))
    for (id, count) in choices.sorted(by: { $0.key < $1.key }) {
      Console.result(
        "\(id): the kernels of \(count) recurrence\(count == 1 ? "" : "s") were chosen by measuring; "
          + "`sluice tune --device \(id) --forget` forgets them")
    }
  }

  private struct Listing: Encodable {
    var devices: [Entry]
    var auto: String

    struct Entry: Encodable {
      var id: String
      var kind: String
      var name: String
      var platform: String
      var driver: String
      var compute_units: Int
      var global_memory: Int
      var local_memory: Int
      var usable: Bool
      var reason: String?
      var chosen_kernels: Int

      init(_ device: Device, choices: Int) {
        id = device.id
        kind = device.kind.rawValue
        name = device.name
        platform = device.platform
        driver = device.driver
        compute_units = device.computeUnits
        global_memory = device.globalMemory
        local_memory = device.localMemory
        usable = device.unusableReason == nil
        reason = device.unusableReason
        chosen_kernels = choices
      }
    }
  }
}
