/// The version of the library and of the command.
public enum Version {
  /// By semantic versioning.
  public static let current = "0.1.0"
}
