import Testing

@testable import SluiceTables

struct TokenizerTests {
  @Test(
    arguments: [
      ("Don't miss it!! So GOOD, 10/10.", "don't miss it ! ! so good , 10 10 ."),
      ("It’s “nice” — really", "it's nice really"),
      ("rock'n'roll 'quoted' dogs'", "rock'n roll quoted dogs"),
      ("5ft tall", "5 ft tall"),
      ("质量很好，下次还来！", "质 量 很 好 , 下 次 还 来 !"),
      ("iPhone手机very好用", "iphone 手 机 very 好 用"),
      ("とても良い。ＡＢＣ１２", "と て も 良 い 。 abc 12"),
      ("아주 좋아요", "아 주 좋 아 요"),
      ("ดมาก", "ด ม า ก"),
      ("Très élégant ÉCOLE straße", "très élégant école straße"),
      ("Отличный товар!", "отличный товар !"),
      ("love it ❤️❤️ 👍🏽 ok", "love it ❤ ❤ 👍 ok"),
      ("👩‍💻 🇩🇪🇫🇷", "👩‍💻 🇩🇪 🇫🇷"),
      ("wow!!!!!!!!!! ......", "wow ! ! ! . . ."),
      ("Tom &amp; Jerry&#39;s &lt;3 &quot;x&quot; &nbsp;y", "tom jerry's 3 x y"),
      ("\u{FEFF}好", "好"),
      ("zero\u{200B}width soft\u{AD}hyphen", "zerowidth softhyphen"),
      ("", ""), ("   \r\n\t ", ""), ("—— ** //", ""),
    ])
  func cutsTextIntoTokens(text: String, tokens: String) {
    #expect(Tokenizer.tokens(of: text) == tokens.split(separator: " ").map(String.init))
  }

  @Test func accentsAreComposed() {
    #expect(Tokenizer.tokens(of: "cafe\u{301}") == ["caf\u{E9}"])
    #expect(TokenHash("caf\u{E9}") == Tokenizer.tokens(of: "cafe\u{301}").first.map(TokenHash.init))
  }

  @Test(
    arguments: [
      ("&amp;&lt;&gt;&quot;&apos;", "&<>\"'"), ("&#65;&#x42;&#X43;", "ABC"),
      ("&eacute;&nbsp;&hellip;&euro;", "é\u{A0}…€"), ("&amp;lt;", "&lt;"), ("&yuml;&ETH;", "ÿÐ"),
      // What is no entity stays.
      ("AT&T & co; &unknown; &; &#; &#x; &#xD800; &#0; &#99999999; &am", nil),
      ("&", nil), ("no entity", nil),
    ] as [(String, String?)])
  func decodesEntities(text: String, decoded: String?) {
    #expect(HTMLEntities.decoded(text) == decoded ?? text)
  }

  @Test func longTextsStayWhole() {
    let text = (0..<10_000).map { "word\($0 % 97)" }.joined(separator: " ")
    // A letter and a digit do not make one word.
    #expect(Tokenizer.tokens(of: text).count == 20_000)
  }

  @Test func hashesAreTheSameEverywhere() {
    // Models hold them: they must never change.
    #expect(TokenHash("good").value == 10_136_261_797_509_375_220)
    let pair = TokenHash("good").followed(by: TokenHash("fit"))
    #expect(pair != TokenHash("fit").followed(by: TokenHash("good")))
    #expect((0..<1000).allSatisfy { (0..<7).contains(TokenHash("w\($0)").bucket(of: 7)) })
  }
}
