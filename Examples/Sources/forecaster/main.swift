import Foundation
import Sluice

// Three years of a shop that sells more at weekends and in summer.
var noise = PhiloxGenerator(RandomStream(seed: 7, stream: 0))
let sales: [Float] = (0..<1095).map { day in
  let week = [0, -4, -3, 0, 4, 14, 9][day % 7]
  let year = 8 * sin(2 * .pi * Float(day) / 365)
  return 50 + Float(week) + year + 4 * (noise.uniform() - 0.5)
}

// Four weeks tell the fifth. Scaled, so that the network sees small numbers.
let (past, future, scale) = (28, 7, Float(20))
func window(_ day: Int) -> [Float] { sales[(day - past)..<day].map { ($0 - 50) / scale } }
func answer(_ day: Int) -> [Float] { sales[day..<(day + future)].map { ($0 - 50) / scale } }
let learned = Array(past..<900)
let asked = Array(stride(from: 910, to: sales.count - future, by: future))

let model = try SequenceModel([.lstm(16), .dense(future)], input: .features(1))
let result = try model.fit(
  SequenceData(series: learned.map(window), targets: .vectors(learned.map(answer))),
  epochs: 60, learningRate: 0.01, schedule: .cosine(warmup: 20, final: 0),
  validation: .share(0.1), earlyStopping: EarlyStoppingConfiguration(patience: 5))
print(result)

let forecast = try model.predict(SequenceData(series: asked.map(window)))
var (error, naive) = (Float(0), Float(0))
for (row, day) in asked.enumerated() {
  for ahead in 0..<future {
    error += abs(forecast[row][ahead] * scale + 50 - sales[day + ahead])
    naive += abs(sales[day + ahead - future] - sales[day + ahead])
  }
}
let count = Float(asked.count * future)
print("mean error of a day's sales: \(error / count); of last week's sales: \(naive / count)")
