import SluiceTables

/// Which columns of a table hold what in a set of reviews.
package struct ReviewColumns: Hashable, Sendable, Codable {
  /// The review's text.
  package var text: String
  /// Further texts that are read before it: a title, a summary.
  package var titles: [String]
  /// The rating.
  package var target: String
  /// Who wrote the review.
  package var user: String?
  /// What it is about.
  package var item: String?
  /// Further columns that name a kind: brand, department.
  package var categories: [String]
  /// Further columns of numbers: age, price.
  package var numbers: [String]

  package init(
    text: String, titles: [String] = [], target: String, user: String? = nil, item: String? = nil,
    categories: [String] = [], numbers: [String] = []
  ) {
    self.text = text
    self.titles = titles
    self.target = target
    self.user = user
    self.item = item
    self.categories = categories
    self.numbers = numbers
  }

  /// All columns that a model reads.
  package var inputs: [String] {
    titles + [text] + [user, item].compactMap { $0 } + categories + numbers
  }

  /// Columns of the table that play no part.
  package func unused(in table: Table) -> [String] {
    let used = Set(inputs + [target])
    return table.header.filter { !$0.isEmpty && !used.contains($0) }
  }
}

extension ReviewColumns {
  private static let textNames = [
    "reviewtext", "reviewtextcomplete", "reviewbody", "reviewcontent", "review", "text", "comment",
    "comments", "content", "body", "reviewstext", "feedback", "评论", "评论内容", "内容", "评价", "文本",
  ]
  private static let titleNames = [
    "title", "summary", "reviewtitle", "reviewsummary", "reviewheadline", "headline",
    "reviewstitle",
    "标题",
  ]
  private static let categoryNames: Set<String> = [
    "brand", "category", "cat", "department", "departmentname", "divisionname", "division",
    "classname", "productcategory", "productgroup", "gender", "language", "类别", "品牌",
  ]

  /// Finds the columns of a table, by the names that well-known data sets use where the settings name
  /// none. An empty name asks for none: `user: ""` leaves out a column that would have been recognised.
  ///
  /// - Throws: ``TableError`` when a named column is missing or named twice, or when no text or no
  ///   rating is recognised; it says which setting names it.
  package static func find(in table: Table, _ data: ReviewData = ReviewData()) throws(TableError)
    -> ReviewColumns
  {
    typealias Names = RatingColumnNames
    var search = ColumnSearch(table)
    for name in data.ignored { try search.take(name, for: "data.ignored") }
    // What the user names is taken before anything is guessed.
    let text = try search.named(data.text, for: "data.text")
    let target = try search.named(data.target, for: "data.target")
    let titles = try search.named(data.titles, for: "data.titles")
    let user = try search.named(data.user, for: "data.user")
    let item = try search.named(data.item, for: "data.item")
    let categories = try search.named(data.categories, for: "data.categories")
    let numbers = try search.named(data.numbers, for: "data.numbers")

    guard let target = target ?? search.recognise(Names.target) else {
      throw search.unrecognised("rating", "data.target")
    }
    guard let text = text ?? search.recognise(textNames) else {
      throw search.unrecognised("review's text", "data.text")
    }
    return ReviewColumns(
      text: text, titles: titles ?? search.recognise(titleNames).map { [$0] } ?? [],
      target: target,
      user: data.user == nil ? search.recognise(Names.user) : user,
      item: data.item == nil ? search.recognise(Names.item) : item,
      categories: categories ?? search.recogniseAll(categoryNames),
      numbers: numbers
        ?? search.recogniseAll(Names.numbers) { table.columnIfPresent($0)?.isNumeric ?? false })
  }
}
