/// What columns of ratings are called in well-known data sets: lower case, letters and digits only.
enum RatingColumnNames {
  static let target = [
    "rating", "overall", "stars", "star", "starrating", "reviewrating", "reviewsrating", "score",
    "label", "sentiment", "target", "grade", "评分", "星级", "标签",
  ]
  static let user = [
    "reviewerid", "userid", "user", "customerid", "reviewer", "author", "authorid", "profileid",
    "memberid", "用户", "用户id",
  ]
  static let item = [
    "asin", "itemid", "item", "productid", "clothingid", "businessid", "movieid", "bookid", "appid",
    "sku", "product", "商品", "商品id",
  ]
  static let time = [
    "unixreviewtime", "timestamp", "reviewdate", "date", "time", "datetime", "createdat",
    "reviewtime", "日期", "时间",
  ]
  /// Further columns of numbers.
  static let numbers: Set<String> = ["age", "price", "年龄", "价格"]
}
