import Foundation
import Sluice
import SluiceCPU
import SluiceCompute

/// What the command line asks for.
struct Options {
  var threads = 2
  var seconds = 1.0
  var rounds = 5
  var shapes: [RaceShape] = []
  /// Of the recurrent layers; nil: an LSTM's, and the report's name says nothing of it.
  var cell: RecurrentCell?
  /// Another cell of ours that takes turns too.
  var rival: RecurrentCell?
  var set: InstructionSet?
  /// The folder that a report goes to; nil: measure, print JSON and end.
  var report: String?
  /// The Python that runs the peer.
  var peer: String?

  static let usage = """
    race [--threads N] [--seconds S] [--shape NAME]… [--cell CELL] [--set baseline|avx2|avx512]
         measures each shape and prints one JSON object, as peers/race_shapes.py does
    race --report FOLDER [--peer PYTHON] [--rounds N] [--beside CELL] …
         takes turns with the peer, and with layers of another cell of ours where one is named, and
         writes FOLDER/<processor>.md, or FOLDER/<processor>-<cell>.md where --cell is given
    """

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    func value<T>(_ make: (String) -> T?) throws -> T {
      guard let text = rest.popFirst(), let value = make(text) else { throw Usage() }
      return value
    }
    while let name = rest.popFirst() {
      switch name {
      case "--threads": threads = try value { Int($0) }
      case "--seconds": seconds = try value { Double($0) }
      case "--rounds": rounds = try value { Int($0) }
      case "--shape":
        shapes.append(try value { name in RaceShape.all.first { $0.name == name } })
      case "--cell": cell = try value { RecurrentCell(rawValue: $0) }
      case "--beside": rival = try value { RecurrentCell(rawValue: $0) }
      case "--set": set = try value { InstructionSet(rawValue: $0) }
      case "--report": report = try value { $0 }
      case "--peer": peer = try value { $0 }
      default: throw Usage()
      }
    }
    if shapes.isEmpty { shapes = RaceShape.all }
    if let cell { shapes = shapes.map { $0.with(cell) } }
  }

  struct Usage: Error {}
}

/// Times one training step of the race shapes.
@main
struct Race {
  static func main() throws {
    let options: Options
    do {
      options = try Options(Array(CommandLine.arguments.dropFirst()))
    } catch {
      FileHandle.standardError.write(Data((Options.usage + "\n").utf8))
      exit(64)
    }
    if let folder = options.report {
      do {
        try Report(options).write(to: folder)
      } catch let failure as Report.Failure {
        FileHandle.standardError.write(Data("race: \(failure)\n".utf8))
        exit(1)
      }
    } else {
      let measurement = try Measurement(options)
      print(String(decoding: try JSONEncoder().encode(measurement), as: UTF8.self))
    }
  }
}
