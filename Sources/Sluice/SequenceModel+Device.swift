import SluiceNN
import SluiceTraining
import SluiceCompute

extension SequenceModel {
  /// A plain stack of layers on a device by name.
  ///
  /// - Parameters:
  ///   - layers: The last one is dense; its activation says what is predicted.
  ///   - input: `.features(C)`, or `.tokens(vocabulary: V)`.
  ///   - loss: Nil: chosen to fit, see ``loss``.
  ///   - seed: Of the weights.
  ///   - device: `auto`, `cpu`, `opencl`, or an id that ``Devices/all(threads:)`` lists.
  /// - Throws: `StackError` where the layers do not make a network; ``ComputeError`` where there is no
  ///   such device, its memory is too small, or the loss does not fit.
  public convenience init(
    _ layers: [StackLayer], input: StackConfiguration.Input, loss: LossFunction? = nil,
    seed: UInt64 = 1, device: String = "auto"
  ) throws {
    try self.init(layers, input: input, loss: loss, seed: seed, on: Devices.open(device))
  }

  /// A network of one's own on a device by name, see ``init(output:loss:seed:on:network:)``.
  ///
  /// - Parameters:
  ///   - output: What the network's logits are: the network itself applies no such activation.
  ///   - loss: Nil: chosen to fit, see ``loss``.
  ///   - seed: Of the weights.
  ///   - device: `auto`, `cpu`, `opencl`, or an id that ``Devices/all(threads:)`` lists.
  ///   - network: Declares the layers' parameters and gives the function that runs them.
  /// - Throws: ``ComputeError`` where there is no such device, its memory is too small, or the loss does
  ///   not fit; what `network` throws.
  public convenience init(
    output: LayerStack.Output, loss: LossFunction? = nil, seed: UInt64 = 1, device: String = "auto",
    network: (_ layout: inout ParameterLayout) throws -> Network
  ) throws {
    try self.init(
      output: output, loss: loss, seed: seed, on: Devices.open(device), network: network)
  }

  /// Reads a model of a plain stack of layers that ``save(to:)`` wrote.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - device: `auto`, `cpu`, `opencl`, or an id that ``Devices/all(threads:)`` lists; it need not be
  ///     the one that the model was fitted on.
  /// - Throws: ``SafetensorsError`` where the file is damaged, of another kind or of a network that is a
  ///   function; ``ComputeError`` where there is no such device; an error that names the file where it
  ///   cannot be read.
  public static func load(from path: String, device: String = "auto") throws -> SequenceModel {
    try load(from: path, on: Devices.open(device))
  }
}
