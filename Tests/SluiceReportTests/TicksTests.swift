import Testing

@testable import SluiceReport

/// Axes have their marks at round numbers.
struct TicksTests {
  @Test func marksAreRound() {
    #expect(Ticks.round(from: 0, to: 1).labels == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(Ticks.round(from: 3, to: 97).values == [20, 40, 60, 80])
    #expect(
      Ticks.round(from: -12_000, to: 31_000).labels == [
        "−10,000", "0", "10,000", "20,000", "30,000",
      ])
    #expect(Ticks.round(from: 0.00012, to: 0.00047, count: 3).labels == ["0.0002", "0.0004"])
    #expect(Ticks.round(from: 5, to: 5).labels == ["5"])
  }

  @Test(arguments: [
    (0.0, 1e-9), (-1e12, 1e12), (1, 1.000_001), (-0.3, 0.7), (99, 101), (1e300, 1.1e300),
  ])
  func marksLieWithinAndAreFew(_ lower: Double, _ upper: Double) {
    let ticks = Ticks.round(from: lower, to: upper)
    #expect((2...12).contains(ticks.values.count))
    let slack = (upper - lower) * 1e-6
    #expect(ticks.values.allSatisfy { $0 >= lower - slack && $0 <= upper + slack })
    #expect(Set(ticks.labels).count == ticks.labels.count)
  }

  @Test func logarithmsHavePowersOfTen() {
    #expect(
      Ticks.logarithmic(from: 0.01, to: 1000).labels == ["0.01", "0.1", "1", "10", "100", "1,000"])
    #expect(Ticks.logarithmic(from: 1, to: 30).values == [1, 2, 5, 10, 20])
  }

  @Test func namesHaveRoom() {
    let names = (0..<100).map { "\($0)" }
    #expect(Ticks.names(names, room: 5).labels == ["0", "20", "40", "60", "80"])
    #expect(Ticks.names([], room: 5).labels.isEmpty)
  }

  @Test func aMeanIsAsExactAsItsSpread() {
    #expect(Significant.text(11.2284, deviation: 1.21678) == "11.23 ± 1.22")
    #expect(Significant.text(0.8242, deviation: 0.004021) == "0.8242 ± 0.0040")
    #expect(Significant.text(-123.456, deviation: 0) == "−123.5 ± 0.0")
    #expect(Significant.text(123_456, deviation: 1234.5) == "123,456 ± 1,234")
    #expect(Significant.text(3, deviation: .nan) == "3")
  }

  @Test func numbersAreReadable() {
    let numbers: [(Double?, String)] = [
      (1234.5, "1,234"), (0.012344, "0.01234"), (-3, "−3"), (1e-7, "1.000e-07"), (0, "0"),
      (.nan, "–"), (nil, "–"), (999.99, "1000"), (12.5, "12.5"),
    ]
    for (number, text) in numbers { #expect(Significant.text(number) == text) }
  }

  @Test func histogramsCountEverything() {
    let values = (0..<100).map { Double($0) } + [1e6, .nan]
    let chart = Chart.histogram("h", label: "x", noun: "rows", [("all", values)])
    #expect(chart.series[0].y.compactMap { $0 }.reduce(0, +) == 101)
    #expect(chart.series[0].y.count <= 14)
    #expect(Chart.histogram("h", label: "x", noun: "rows", [("none", [])]).series.count == 1)
  }
}
