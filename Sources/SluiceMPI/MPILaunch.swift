import SluicePlatform

/// What a launcher told this process in its environment.
package struct MPILaunch {
  /// The launcher, for messages.
  package let program: String
  /// Which of the processes this is, from 0.
  package let rank: Int
  /// How many it started; nil where it does not say.
  package let size: Int?
  /// The libraries that may be its own, the likeliest first.
  let libraries: [String]

  /// Nil where no launcher started this process.
  package static let current = MPILaunch { getenv($0).map { String(cString: $0) } }

  private static let openMPI = ["libmpi.so.40", "libmpi.so"]
  private static let mpich = ["libmpich.so.12", "libmpi.so.12", "libmpich.so", "libmpi.so"]

  /// - Parameter variable: The value of an environment variable.
  init?(_ variable: (String) -> String?) {
    func number(_ name: String) -> Int? { variable(name).flatMap { Int($0) } }
    if let rank = number("OMPI_COMM_WORLD_RANK") {
      self.init("Open MPI's mpirun", rank, number("OMPI_COMM_WORLD_SIZE"), Self.openMPI)
    } else if let rank = number("PMI_RANK") {
      self.init("mpiexec", rank, number("PMI_SIZE"), Self.mpich)
    } else if let rank = number("PMIX_RANK") {
      // Slurm's own launcher.
      self.init("srun", rank, number("SLURM_STEP_NUM_TASKS"), Self.openMPI + Self.mpich)
    } else {
      return nil
    }
  }

  private init(_ program: String, _ rank: Int, _ size: Int?, _ libraries: [String]) {
    self.program = program
    self.rank = rank
    self.size = size
    self.libraries = libraries
  }
}
