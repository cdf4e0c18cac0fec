/// A run of the elements `output[t · batch + n]` of a batch of token sequences.
public struct SequenceTile {
  public var source: Integers
  /// Where each document begins in the source.
  public var offsets: Integers
  /// The document of each row of the batch.
  public var documents: Integers
  /// Steps of each row that are taken from its document.
  public var lengths: Integers
  public var output: Integers
  public var batch: Int
  public var padding: Int32
  public var replacement: Int32
  /// Words of the stream below it replace their token.
  public var threshold: UInt32
  public var key: SIMD2<UInt32>
  /// Words 2 and 3 of the counter.
  public var step: UInt32
  public var stream: UInt32
  /// Begins at a multiple of 32.
  public var elements: Range<Int>

  public init(
    source: Integers, offsets: Integers, documents: Integers, lengths: Integers, output: Integers,
    batch: Int, padding: Int32, replacement: Int32, threshold: UInt32, key: SIMD2<UInt32>,
    step: UInt32, stream: UInt32, elements: Range<Int>
  ) {
    self.source = source
    self.offsets = offsets
    self.documents = documents
    self.lengths = lengths
    self.output = output
    self.batch = batch
    self.padding = padding
    self.replacement = replacement
    self.threshold = threshold
    self.key = key
    self.step = step
    self.stream = stream
    self.elements = elements
  }
}
