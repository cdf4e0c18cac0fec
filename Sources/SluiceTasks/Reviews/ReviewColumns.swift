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
  /// When it was written; a model of texts does not read it.
  package var time: String?
  /// Further columns that name a kind: brand, department.
  package var categories: [String]
  /// Further columns of numbers: age, price.
  package var numbers: [String]

  package init(
    text: String, titles: [String] = [], target: String, user: String? = nil, item: String? = nil,
    time: String? = nil, categories: [String] = [], numbers: [String] = []
  ) {
    self.text = text
    self.titles = titles
    self.target = target
    self.user = user
    self.item = item
    self.time = time
    self.categories = categories
    self.numbers = numbers
  }

  /// All columns that a model of texts reads.
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
  static let targetNames = [
    "rating", "overall", "stars", "star", "starrating", "reviewrating", "reviewsrating", "score",
    "label", "sentiment", "target", "grade", "评分", "星级", "标签",
  ]
  static let userNames = [
    "reviewerid", "userid", "user", "customerid", "reviewer", "author", "authorid", "profileid",
    "memberid", "用户", "用户id",
  ]
  static let itemNames = [
    "asin", "itemid", "item", "productid", "clothingid", "businessid", "movieid", "bookid", "appid",
    "sku", "product", "商品", "商品id",
  ]
  static let timeNames = [
    "unixreviewtime", "timestamp", "reviewdate", "date", "time", "datetime", "createdat",
    "reviewtime", "日期", "时间",
  ]
  private static let categoryNames: Set<String> = [
    "brand", "category", "cat", "department", "departmentname", "divisionname", "division",
    "classname", "productcategory", "productgroup", "gender", "language", "类别", "品牌",
  ]
  static let numberNames: Set<String> = ["age", "price", "年龄", "价格"]

  /// What the user says about the columns; what is nil is found by the names that well-known data
  /// sets use.
  package struct Request: Hashable, Sendable {
    package var text: String?
    package var titles: [String]?
    package var target: String?
    package var user: String?
    package var item: String?
    package var time: String?
    package var categories: [String]?
    package var numbers: [String]?
    package var ignored: [String]

    package init(
      text: String? = nil, titles: [String]? = nil, target: String? = nil, user: String? = nil,
      item: String? = nil, time: String? = nil, categories: [String]? = nil,
      numbers: [String]? = nil, ignored: [String] = []
    ) {
      self.text = text
      self.titles = titles
      self.target = target
      self.user = user
      self.item = item
      self.time = time
      self.categories = categories
      self.numbers = numbers
      self.ignored = ignored
    }
  }

  /// Finds the columns of a table. An empty name asks for none: `user: ""` leaves out a column that
  /// would have been recognised.
  ///
  /// - Throws: ``TableError`` when a named column is missing or named twice, or when no text or no
  ///   rating is recognised; it says which flag names it.
  package static func find(in table: Table, _ request: Request = Request()) throws(TableError)
    -> ReviewColumns
  {
    var search = ColumnSearch(table)
    for name in request.ignored { try search.take(name, for: "--ignore") }
    // What the user names is taken before anything is guessed.
    let text = try search.named(request.text, for: "--text")
    let target = try search.named(request.target, for: "--target")
    let titles = try search.named(request.titles, for: "--title")
    let user = try search.named(request.user, for: "--user")
    let item = try search.named(request.item, for: "--item")
    let time = try search.named(request.time, for: "--time")
    let categories = try search.named(request.categories, for: "--categories")
    let numbers = try search.named(request.numbers, for: "--numbers")

    guard let target = target ?? search.recognise(targetNames) else {
      throw search.unrecognised("rating", "--target")
    }
    guard let text = text ?? search.recognise(textNames) else {
      throw search.unrecognised("review's text", "--text")
    }
    return ReviewColumns(
      text: text, titles: titles ?? search.recognise(titleNames).map { [$0] } ?? [],
      target: target,
      user: request.user == nil ? search.recognise(userNames) : user,
      item: request.item == nil ? search.recognise(itemNames) : item,
      time: request.time == nil ? search.recognise(timeNames) : time,
      categories: categories ?? search.recogniseAll(categoryNames),
      numbers: numbers
        ?? search.recogniseAll(numberNames) { table.columnIfPresent($0)?.isNumeric ?? false })
  }
}
