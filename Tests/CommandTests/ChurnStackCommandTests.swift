import Foundation
import Testing

/// Plain stacks of layers for churn, by the real binary.
struct ChurnStackCommandTests {
  @Test func aPlainStackOfLayers() throws {
    let folder = try SmallChurn.folder()
    let stack = """
      model:
        stack:
          - lstm: {units: 8, sequences: true}
          - lstm: 8
          - dense: {units: 1, activation: sigmoid}
      ensemble:
        folds: 2
      training:
        epochs: 1

      """
    try folder.write(stack, to: "stack.yaml")
    let train = ["train", "churn", "--data", "customers.csv", "--quiet", "--json"]
    let run = try Sluice.run(train + ["--config", "stack.yaml", "--output", "run"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    let strategies = try #require(try run.json()["strategy"] as? [String])
    #expect(strategies.count == 2 && strategies.allSatisfy { $0.contains("persistent") })
    let predicted = try Sluice.run(
      "predict", "--model", "run/model", "--data", "others.csv", "--output", "p.csv", "--explain",
      in: folder)
    #expect(predicted.status == 0, "\(predicted.errors)")
    #expect(try folder.lines("p.csv").count == 61)

    let softmax = stack.replacingOccurrences(
      of: "{units: 1, activation: sigmoid}", with: "{units: 2, activation: softmax}")
    try folder.write(softmax, to: "stack.yaml")
    let refused = try Sluice.run(train + ["--config", "stack.yaml", "--output", "no"], in: folder)
    #expect(refused.status == 1 && !folder.exists("no"))
    #expect(refused.errors.contains("dense: {units: 1, activation: sigmoid}"), "\(refused.errors)")
    let both = try Sluice.run(
      train + ["--config", "stack.yaml", "--recipe", "stack", "--output", "no"], in: folder)
    #expect(both.status == 64 && both.errors.contains("choose one"), "\(both.errors)")
    for flag in ["--hidden", "--layers"] {
      let sized = try Sluice.run(
        train + ["--recipe", "stack", flag, "2", "--output", "no"], in: folder)
      #expect(sized.status == 64 && sized.errors.contains(flag), "\(sized.errors)")
      #expect(sized.errors.contains("model.stack") && !folder.exists("no"))
    }
    let recipe = try Sluice.run("config", "churn", "--recipe", "stack", in: folder)
    #expect(recipe.output.contains("activation: sigmoid"), "\(recipe.output)\(recipe.errors)")
  }
}
