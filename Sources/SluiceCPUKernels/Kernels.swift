import SluiceCPUInterface

/// The kernels as compiled for this module's instruction set.
package enum Kernels: CPUKernels {
  package static var lanes: Int { Extent.lanes }
  package static var panelWidth: Int { Extent.panel }
}
