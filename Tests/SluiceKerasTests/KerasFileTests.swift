import CHDF5
import SluiceCompute
import SluiceNN
import SluicePlatform
import SluiceTraining
import TestSupport
import Testing

@testable import SluiceKeras

/// Files that are damaged, or whose weights do not fit.
@Suite(.enabled(if: KerasFiles.canBeRead, "libhdf5 is not installed")) struct KerasFileTests {
  let folder: KerasFiles.Folder

  init() throws { folder = try KerasFiles.Folder() }

  /// LSTM(2) over 3 features, and Dense(1).
  private func weights() -> [KerasArray] {
    [
      ("lstm/cell/vars/0", [3, 8]), ("lstm/cell/vars/1", [2, 8]), ("lstm/cell/vars/2", [8]),
      ("dense/vars/0", [2, 1]), ("dense/vars/1", [1]),
    ].map { path, shape in
      let count = shape.reduce(1, *)
      return KerasArray(
        path: "layers/\(path)", shape: shape,
        values: (0..<count).map { Float($0 % 7) / 7 - 0.5 })
    }
  }

  private func read(_ bytes: [UInt8], _ layers: [StackLayer]? = [.lstm(2), .dense(1)]) throws
    -> SequenceModel
  {
    let path = try folder.file("file.weights.h5", bytes)
    return try SequenceModel.keras(
      contentsOf: path, configuration: layers.map { StackConfiguration($0) },
      on: KerasFiles.backend()
    ).model
  }

  private func complain(_ arrays: [KerasArray], _ layers: [StackLayer]? = [.lstm(2), .dense(1)])
    -> String
  {
    complaint { _ = try read(HDF5Writer.file(arrays), layers) }
  }

  @Test func weightsThatDoNotFit() throws {
    #expect(complain(weights()).isEmpty)
    #expect(complain(weights(), nil).contains("does not say of which layers"))
    #expect(
      complain(Array(weights().dropFirst())).contains("layers/lstm/cell/vars/0 is missing"))
    #expect(
      complain(weights(), [.lstm(4), .dense(1)]).contains(
        "layers/lstm/cell/vars/0 is [3, 8], where layer 1 (lstm) needs [3, 16]"))
    #expect(
      complain(weights(), [.lstm(2, sequences: true), .lstm(2), .dense(1)])
        .contains("layers/lstm_1/cell/vars/0 is missing"))
    var more = weights()
    more.append(KerasArray(path: "layers/conv1d/vars/0", shape: [1], values: [1]))
    #expect(complain(more).contains("not in the stack: layers/conv1d/vars/0"))
    // The state of random numbers is no weight.
    more[more.count - 1] = KerasArray(
      path: "layers/dropout/seed_generator/vars/0", shape: [2], values: [1, 0])
    #expect(complain(more).isEmpty)
    #expect(complain([]).contains("it holds no layers"))
    for bad in [Float.nan, .infinity] {
      var broken = weights()
      var values = broken[1].values
      values[5] = bad
      broken[1] = KerasArray(path: broken[1].path, shape: [2, 8], values: values)
      #expect(complain(broken).contains("layers/lstm/cell/vars/1 holds \(bad), at its place 5"))
    }
    // Nothing of a width of 0.
    #expect(
      !complain([KerasArray(path: "layers/lstm/cell/vars/0", shape: [0, 8], values: [])]).isEmpty)
  }

  @Test func filesOfOtherKinds() throws {
    func complain(_ bytes: [UInt8]) -> String { complaint { _ = try read(bytes) } }
    #expect(complain([]).contains("neither a .keras archive nor HDF5"))
    #expect(complain(Array("date,sales\n".utf8)).contains("neither a .keras archive nor HDF5"))
    #expect(complain([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]).contains("cut short"))
    let other = ZipWriter.archive([("config.json", Array("{}".utf8)), ("weights.npz", [1, 2])])
    #expect(complain(other).contains("has no model.weights.h5, but config.json, weights.npz"))
    let weights = try HDF5Writer.file(weights())
    #expect(complain(ZipWriter.archive([("model.weights.h5", weights)])).contains("config.json"))
    #expect(
      complaint {
        _ = try read(
          ZipWriter.archive([("model.weights.h5", weights), ("config.json", Array("{".utf8))]), nil)
      }.contains("not valid JSON"))
  }

  /// However a file is cut, there is an error, and libhdf5 says nothing by itself.
  @Test(arguments: ["values.weights.h5", "sentiment.h5", "both.keras"])
  func filesCutShort(_ name: String) throws {
    let bytes = try FileReader.bytes(of: Fixture.path("keras/\(name)"))
    let layers: [StackLayer]? =
      name.hasPrefix("values") ? [.lstm(4, sequences: true), .lstm(3), .dense(1)] : nil
    #expect(complaint { _ = try read(bytes, layers) }.isEmpty)
    for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 97)) {
      #expect(
        complaint { _ = try read(Array(bytes.prefix(count)), layers) } != "", "\(count) bytes")
    }
  }

  @Test func archives() throws {
    let long = [UInt8](repeating: 7, count: 3000)
    let bytes = ZipWriter.archive([("a", long), ("empty", []), ("b/c.json", Array("{}".utf8))])
    let archive = try ZipArchive(bytes, file: "a.keras")
    #expect(archive.names == ["a", "b/c.json", "empty"])
    #expect(try archive.member("a") == long && archive.member("empty") == [])
    #expect(try archive.member("other") == nil)
    // Stored differs from its checksum.
    var broken = bytes
    broken[100] ^= 1
    #expect(
      complaint { _ = try ZipArchive(broken, file: "a").member("a") }.contains("a in the archive"))
    #expect(try ZipArchive(broken, file: "a").member("b/c.json") == Array("{}".utf8))
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(complaint { _ = try ZipArchive(Array(bytes.prefix(count)), file: "a") } != "")
    }
    // Deflated: all that Keras' configuration says comes out.
    let deflated = try ZipArchive(
      FileReader.bytes(of: Fixture.path("keras/both.keras")), file: "both.keras")
    let text = String(decoding: try #require(try deflated.member("config.json")), as: UTF8.self)
    #expect(text.hasPrefix("{\"module\": \"keras\"") && text.hasSuffix("}"))
  }
}
