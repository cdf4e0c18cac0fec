// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "benchmarks",
  products: [.executable(name: "race", targets: ["race"])],
  dependencies: [.package(name: "sluice", path: "../")],
  targets: [
    .executableTarget(
      name: "race",
      dependencies: [
        .product(name: "Sluice", package: "sluice"), .product(name: "SluiceCPU", package: "sluice"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
