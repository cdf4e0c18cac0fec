import Foundation
import Sluice

/// A wave, 20 to 40 steps long: a sine, a square or a saw tooth.
func wave(_ row: Int) -> [Float] {
  (0..<(20 + row % 21)).map { step in
    let turns = 0.05 * Float(step) + 0.37 * Float(row)
    let place = turns - turns.rounded(.down)
    return [sin(2 * .pi * place), place < 0.5 ? 1 : -1, 2 * place - 1][row % 3]
  }
}
let (seen, unseen) = (Array(0..<600), Array(600..<900))
let train = try SequenceData(series: seen.map(wave), targets: .classes(seen.map { $0 % 3 }))
let test = try SequenceData(series: unseen.map(wave), targets: .classes(unseen.map { $0 % 3 }))

let model = try SequenceModel([.lstm(32), .dense(3, .softmax)], input: .features(1))
try model.fit(train, epochs: 20, learningRate: 0.01, validation: .share(0.1)) { print($0) }
print("unseen waves:", try model.evaluate(test))
try model.save(to: "waves.safetensors")
