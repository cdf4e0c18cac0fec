import SluiceCPUInterface

/// The kernels as compiled for this module's instruction set.
public func makeKernels() -> CPUKernels {
  CPUKernels(
    lanes: Extent.lanes, panelWidth: Extent.panel, blockRows: Extent.rows,
    pack: { pack($0) },
    product: { product($0) },
    reduceProduct: { reduceProduct($0) },
    packGates: { packGates($0) },
    packBeside: { packBeside($0) },
    gatePanels: { GateLayout.panels($0) },
    recurrentForward: { recurrentForward($0) },
    recurrentBackward: { recurrentBackward($0) },
    fill: { fill($0) },
    copy: { copy($0) },
    combine: { combine($0) },
    activate: { activate($0) },
    differentiate: { differentiate($0) },
    dropout: { dropout($0) },
    sumOverSteps: { sumOverSteps($0) },
    columnSum: { columnSum($0) },
    sumOfSquares: { sumOfSquares($0, $1) },
    firstOutside: { firstOutside($0, $1, $2) },
    gather: { gather($0) },
    scatter: { scatter($0) },
    gatherWindows: { gatherWindows($0) },
    gatherSequences: { gatherSequences($0) },
    firstDisorder: { firstDisorder($0, $1) },
    bag: { bag($0) },
    bagGradient: { bagGradient($0) },
    pool: { pool($0) },
    poolGradient: { poolGradient($0) },
    loss: { loss($0) },
    lossGradient: { lossGradient($0, $1) },
    optimize: { optimize($0) },
    multiplyAddChains: { multiplyAddChains($0, $1) },
    evaluate: { evaluate($0, $1, $2, $3) })
}
