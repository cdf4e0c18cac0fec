// swift-tools-version: 6.2
import PackageDescription

// The inner loops of the CPU back end are compiled once per instruction set, from one folder of
// sources that the other two targets link to. Swift has no function multiversioning.
#if arch(x86_64)
  let instructionSets: [(target: String, level: String, defines: [String])] = [
    ("SluiceCPUKernelsAVX2", "x86-64-v3", ["FMA"]),
    ("SluiceCPUKernelsAVX512", "x86-64-v4", ["FMA", "AVX512"]),
  ]
#else
  let instructionSets: [(target: String, level: String, defines: [String])] = []
#endif

let kernelTargets: [Target] = instructionSets.map { set in
  .target(
    name: set.target, dependencies: ["SluiceCPUInterface"],
    swiftSettings: set.defines.map { .define($0) } + [
      .unsafeFlags(
        ["-Ounchecked", "-wmo", "-num-threads", "1", "-Xcc", "-march=\(set.level)"])
    ])
}

// What `import Sluice` brings, named one by one: an incremental build follows only what is named, and a
// program compiled against an older layout of a type would not link, or crash.
let exampleDependencies: [Target.Dependency] = [
  "Sluice", "SluiceTraining", "SluiceNN", "SluiceCompute",
]

let package = Package(
  name: "sluice",
  products: [
    .library(name: "Sluice", targets: ["Sluice"]),
    // The vocabulary and the CPU alone, for programs that bring their own layers.
    .library(name: "SluiceCPU", targets: ["SluiceCompute", "SluiceCPU"]),
    .executable(name: "sluice", targets: ["SluiceCommand"]),
  ],
  dependencies: [
    // The command line: parsing, help, completions.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Progress and warnings go where an embedding program wants them.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // Configurations are YAML.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  // Every module that a target imports is named, also where another would bring it: an incremental
  // build follows only what is named, and code compiled against an older layout of types crashes.
  targets: kernelTargets + [
    // The C library and files: what stands below everything.
    .target(name: "SluicePlatform"),
    // What a setting is: its key, default, range, words and flag; configurations as YAML.
    .target(name: "SluiceSettings", dependencies: ["SluicePlatform", "Yams"]),
    .target(name: "SluiceCompute", dependencies: ["SluicePlatform"]),
    .target(name: "SluiceCPUInterface"),
    .target(
      name: "SluiceCPUKernels", dependencies: ["SluiceCPUInterface"],
      swiftSettings: [.unsafeFlags(["-Ounchecked", "-wmo", "-num-threads", "1"])]),
    .target(
      name: "SluiceCPU",
      dependencies: ["SluiceCompute", "SluicePlatform", "SluiceCPUInterface", "SluiceCPUKernels"]
        + instructionSets.map { .byName(name: $0.target) }),
    .target(name: "COpenCL"),
    .target(name: "CKernels"),
    // Types of libhdf5, and a table of its functions that is filled where the library is.
    .target(name: "CHDF5"),
    .target(
      name: "SluiceOpenCL",
      dependencies: ["SluiceCompute", "SluicePlatform", "COpenCL", "CKernels"]),
    // Types of MPI, and a table of its functions that is filled where a launcher started this process.
    .target(name: "CMPI"),
    .target(name: "SluiceMPI", dependencies: ["SluiceCompute", "SluicePlatform", "CMPI"]),
    .target(name: "SluiceNN", dependencies: ["SluiceCompute", "SluicePlatform"]),
    // Models and the course of trainings in the formats of other programs.
    .target(name: "SluiceExport", dependencies: ["SluiceNN", "SluiceCompute", "SluicePlatform"]),
    .target(
      name: "SluiceTraining",
      dependencies: [
        "SluiceExport", "SluiceNN", "SluiceCompute", "SluicePlatform", "SluiceSettings",
        .product(name: "Logging", package: "swift-log"),
      ]),
    // Models from Keras and for it.
    .target(
      name: "SluiceKeras",
      dependencies: [
        "SluiceExport", "SluiceTraining", "SluiceNN", "SluiceCompute", "SluicePlatform", "CHDF5",
      ]),
    // Tables, dates, text and the statistics of classes: nothing of any task. It and the tasks go over
    // every row and are optimised in every build, so that tests stay fast.
    .target(
      name: "SluiceTables", dependencies: ["SluiceCompute", "SluicePlatform"],
      swiftSettings: [.unsafeFlags(["-O"])]),
    // Pages of charts and tables, as files of HTML: nothing of any task.
    .target(name: "SluiceReport", dependencies: ["SluicePlatform"]),
    .target(
      name: "SluiceTasks",
      dependencies: [
        "SluiceExport", "SluiceReport", "SluiceTraining", "SluiceTables", "SluiceNN",
        "SluiceCompute",
        "SluiceSettings", "SluicePlatform", .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: [.unsafeFlags(["-O"])]),
    // Its Double reference is plain scalar code: optimised in every build, so that tests stay fast.
    .target(
      name: "SluiceConformance", dependencies: ["SluiceNN", "SluiceCompute", "SluicePlatform"],
      swiftSettings: [.unsafeFlags(["-O"])]),
    .target(
      name: "Sluice",
      dependencies: [
        "SluiceTasks", "SluiceReport", "SluiceTables", "SluiceTraining", "SluiceNN",
        "SluiceCompute",
        "SluiceCPU", "SluiceOpenCL", "SluiceMPI", "SluiceSettings", "SluicePlatform",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "SluiceCommand",
      dependencies: [
        "Sluice", "SluiceMPI", "SluiceConformance", "SluiceTasks", "SluiceExport", "SluiceKeras",
        "SluiceReport",
        "SluiceTables",
        "SluiceTraining", "SluiceNN", "SluiceCompute", "SluiceSettings", "SluicePlatform",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    // What tests of several targets share: the goldens and how far a result is from them.
    .target(
      name: "TestSupport", dependencies: ["SluiceConformance", "SluiceTraining", "SluiceCompute"],
      path: "Tests/TestSupport"),
    // What fuzzing drives, by `make fuzz` and, with what it has found, in the tests.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "SluiceTasks", "SluiceReport", "SluiceTables", "SluiceTraining", "SluiceNN",
        "SluiceCompute",
        "SluiceSettings", "SluicePlatform", "SluiceCPU",
      ],
      path: "Tests/Fuzz/Targets"),
    .executableTarget(
      name: "FuzzDriver", dependencies: ["FuzzTargets", "SluicePlatform"],
      path: "Tests/Fuzz/Driver"),
    // The programs of Examples, which is a package of its own, compiled as users compile them: without
    // package access. ExampleTests run them.
    .executableTarget(
      name: "ClassifierExample", dependencies: exampleDependencies,
      path: "Examples/Sources/classifier",
      packageAccess: false),
    .executableTarget(
      name: "ForecasterExample", dependencies: exampleDependencies,
      path: "Examples/Sources/forecaster",
      packageAccess: false),
    .executableTarget(
      name: "TapeExample", dependencies: exampleDependencies, path: "Examples/Sources/tape",
      packageAccess: false),
    // The race of Benchmarks, another package, likewise: so that it always compiles.
    .executableTarget(
      name: "RaceBenchmark", dependencies: exampleDependencies + ["SluiceCPU"],
      path: "Benchmarks/Sources/race", packageAccess: false),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"]),
    .testTarget(name: "SluiceComputeTests", dependencies: ["SluiceCompute"]),
    .testTarget(
      name: "SluiceCPUTests",
      dependencies: [
        "SluiceCPU", "SluiceCPUInterface", "SluiceCompute", "SluicePlatform", "TestSupport",
      ]),
    .testTarget(
      name: "ParityTests",
      dependencies: [
        "SluiceConformance", "SluiceTraining", "SluiceNN", "SluiceCompute", "SluiceCPU",
        "SluiceOpenCL",
        "TestSupport",
      ]),
    .testTarget(
      name: "SluiceOpenCLTests",
      dependencies: [
        "SluiceOpenCL", "COpenCL", "SluiceConformance", "SluiceTasks", "SluiceTables",
        "SluiceTraining", "SluiceNN", "SluiceCompute", "SluicePlatform", "SluiceCommand",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .testTarget(
      name: "SluiceNNTests",
      dependencies: [
        "SluiceNN", "SluiceTraining", "SluiceConformance", "SluiceCompute", "SluiceCPU",
        "TestSupport",
      ]),
    .testTarget(
      name: "SluiceTrainingTests",
      dependencies: [
        "SluiceExport", "SluiceTraining", "SluiceNN", "SluiceCompute", "SluiceSettings",
        "SluicePlatform", "SluiceCPU", "TestSupport",
      ]),
    .testTarget(
      name: "SluiceExportTests",
      dependencies: [
        "SluiceExport", "SluiceTraining", "SluiceNN", "SluiceCompute", "SluiceCPU",
        "SluicePlatform", "TestSupport",
      ]),
    .testTarget(
      name: "SluiceKerasTests",
      dependencies: [
        "SluiceKeras", "SluiceExport", "SluiceTraining", "SluiceNN", "SluiceCompute", "SluiceCPU",
        "SluicePlatform", "CHDF5", "TestSupport",
      ]),
    .testTarget(name: "SluiceReportTests", dependencies: ["SluiceReport", "SluicePlatform"]),
    .testTarget(name: "SluiceSettingsTests", dependencies: ["SluiceSettings"]),
    .testTarget(
      name: "SluiceTablesTests",
      dependencies: ["SluiceTables", "SluiceCompute", "SluicePlatform"]),
    .testTarget(
      name: "SluiceTasksTests",
      dependencies: [
        "SluiceTasks", "SluiceReport", "SluiceTables", "SluiceTraining", "SluiceNN",
        "SluiceCompute",
        "SluiceSettings", "SluicePlatform", "SluiceCPU",
      ]),
    .testTarget(
      name: "SluiceTests",
      dependencies: [
        "Sluice", "SluiceTasks", "SluiceTables", "SluiceTraining", "SluiceCompute", "SluiceOpenCL",
        "ClassifierExample", "ForecasterExample", "TapeExample",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "SluiceCommand", "Sluice", "SluiceTasks", "SluicePlatform",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6],
  // C23: the kernels' text comes into CKernels by #embed.
  cLanguageStandard: .c2x
)
