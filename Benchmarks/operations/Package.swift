// swift-tools-version: 6.2
import PackageDescription

// A package of its own: only here is the benchmark library needed. Without traits it counts no
// allocations, and needs no library of the system's.
let package = Package(
  name: "operations",
  dependencies: [
    .package(name: "sluice", path: "../../"),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "Operations",
      dependencies: [
        .product(name: "Benchmark", package: "benchmark"),
        .product(name: "Sluice", package: "sluice"),
        .product(name: "SluiceCPU", package: "sluice"),
      ],
      path: "Benchmarks/Operations",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ],
  swiftLanguageModes: [.v5]
)
