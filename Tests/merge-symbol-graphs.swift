// Adds to Sluice's symbol graph what SluiceCompute's extensions give to the types that `import Sluice`
// brings: the compiler re-exports types by name, and leaves their extensions' members out of the graph.
//
//   swift Tests/merge-symbol-graphs.swift FOLDER   with both graphs; SluiceCompute's are removed
import Foundation

typealias Entry = [String: Any]
let folder = URL(fileURLWithPath: CommandLine.arguments[1])
func graph(_ module: String) throws -> (file: URL, graph: Entry) {
  let file = folder.appendingPathComponent("\(module).symbols.json")
  let graph = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? Entry
  return (file, graph ?? [:])
}
func entries(_ graph: Entry, _ key: String) -> [Entry] { graph[key] as? [Entry] ?? [] }
func path(_ symbol: Entry) -> [String] { symbol["pathComponents"] as? [String] ?? [] }
func identifier(_ symbol: Entry) -> String {
  (symbol["identifier"] as? Entry)?["precise"] as? String ?? ""
}

var (file, whole) = try graph("Sluice")
let compute = try graph("SluiceCompute").graph
let names = Set(entries(whole, "symbols").compactMap { path($0).first })
let known = Set(entries(whole, "symbols").map(identifier))
let added = entries(compute, "symbols").filter {
  names.contains(path($0).first ?? "") && !known.contains(identifier($0))
}
let sources = Set(added.map(identifier))
whole["symbols"] = entries(whole, "symbols") + added
whole["relationships"] =
  entries(whole, "relationships")
  + entries(compute, "relationships").filter { sources.contains($0["source"] as? String ?? "") }
try JSONSerialization.data(withJSONObject: whole, options: .sortedKeys).write(to: file)
for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
where name.hasPrefix("SluiceCompute") {
  try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
}
