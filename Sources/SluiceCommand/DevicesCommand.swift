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
    if json {
      return try Console.json(
        Listing(devices: devices.map(Listing.Entry.init), auto: automatic.id))
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

      init(_ device: Device) {
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
      }
    }
  }
}
