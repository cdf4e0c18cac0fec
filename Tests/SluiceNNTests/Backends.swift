import SluiceCPU
import SluiceCompute

/// The back end that the tests of this target run on.
func makeBackend(threads: Int = 2) throws -> any Backend {
  try CPUBackend(threads: threads)
}
