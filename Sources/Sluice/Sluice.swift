// What `import Sluice` brings. Layers, training and the tasks come whole; of the vocabulary below them
// only what their users name. The operations (`Copy`, `Fill`, `Operation` itself, which is Foundation's
// name too) stay out: whoever writes layers of their own imports SluiceCompute beside, which the product
// SluiceCPU offers.

@_exported import SluiceNN
@_exported import SluiceTasks
@_exported import SluiceTraining

@_exported import enum SluiceCompute.Activation
@_exported import protocol SluiceCompute.Backend
@_exported import protocol SluiceCompute.BufferElement
@_exported import struct SluiceCompute.CellForm
@_exported import protocol SluiceCompute.Collective
@_exported import struct SluiceCompute.ComputeError
@_exported import struct SluiceCompute.Device
@_exported import struct SluiceCompute.DeviceCounts
@_exported import enum SluiceCompute.ElementType
@_exported import struct SluiceCompute.KernelChoices
@_exported import struct SluiceCompute.KernelMeasurement
@_exported import enum SluiceCompute.LossFunction
@_exported import struct SluiceCompute.MemoryUse
@_exported import class SluiceCompute.OneRank
@_exported import struct SluiceCompute.OptimizerRule
@_exported import struct SluiceCompute.PhiloxGenerator
@_exported import enum SluiceCompute.Pooling
@_exported import struct SluiceCompute.RandomStream
@_exported import enum SluiceCompute.RecurrentCell
@_exported import enum SluiceCompute.RecurrentDirection
@_exported import struct SluiceCompute.RecurrentPlan
@_exported import struct SluiceCompute.Shape
@_exported import struct SluiceCompute.Tensor
@_exported import enum SluiceCompute.TuningScope

@_exported import class SluiceMPI.MPIRanks
@_exported import struct SluicePlatform.FileError
@_exported import protocol SluicePlatform.SluiceError
@_exported import struct SluiceSettings.Setting
@_exported import struct SluiceSettings.SettingError
@_exported import protocol SluiceSettings.SettingsBlock
