import SluicePlatform

/// All tasks there are. A new one is a folder, and a line here.
package enum Tasks {
  package static var all: [any LearningTask.Type] {
    [SalesTask.self, RatingsTask.self]
  }

  /// Their names, for messages.
  package static var names: String { all.map { $0.name }.joined(separator: ", ") }

  /// The task of the model in a folder.
  ///
  /// - Throws: ``ModelError`` where there is no model, or one of a task that is not known here.
  package static func ofModel(_ folder: String) throws -> any LearningTask.Type {
    let name = try ModelFolder(folder).task()
    guard let task = all.first(where: { $0.name == name }) else {
      throw ModelError(
        folder, "this is a model of the task \(name); this sluice knows \(names)",
        remedy: "Use the version of sluice that trained the model, or a newer one.")
    }
    return task
  }
}
