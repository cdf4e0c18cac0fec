// swift-tools-version: 6.2
import PackageDescription

// `swift run -c release classifier`, and so on. The tests of the package above compile and run the same
// sources, so they need no second build of the library.
let package = Package(
  name: "examples",
  dependencies: [.package(name: "sluice", path: "../")],
  targets: ["classifier", "forecaster", "tape"].map { name in
    .executableTarget(name: name, dependencies: [.product(name: "Sluice", package: "sluice")])
  },
  swiftLanguageModes: [.v6]
)
