/// PyTorch as it races: as it is, or with the allocator that suits it best.
enum Peer: CaseIterable {
  case stock, tuned

  /// What its process is started with. glibc then keeps the memory that a step frees, instead of
  /// handing it back to the system and having it cleared again for the next one, and asks for large
  /// pages: that made PyTorch 1.1 to 2.9 times as fast at the race shapes, more than jemalloc did.
  var environment: [String: String] {
    switch self {
    case .stock: [:]
    case .tuned:
      [
        "GLIBC_TUNABLES": [
          "glibc.malloc.mmap_max=0", "glibc.malloc.trim_threshold=68719476736",
          "glibc.malloc.arena_max=1", "glibc.malloc.hugetlb=1",
        ].joined(separator: ":")
      ]
    }
  }

  /// The head of its column.
  var title: String {
    switch self {
    case .stock: "PyTorch"
    case .tuned: "PyTorch, tuned"
    }
  }
}
