@_exported import SluiceCompute
@_exported import SluiceNN
@_exported import SluiceTasks
@_exported import SluiceTraining
