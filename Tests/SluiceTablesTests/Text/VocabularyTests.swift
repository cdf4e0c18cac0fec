import Foundation
import Testing

@testable import SluiceTables

struct VocabularyTests {
  private func texts(_ rows: [[String]]) -> TokenizedTexts {
    var texts = TokenizedTexts()
    for row in rows { texts.append(row) }
    return texts
  }

  @Test func frequentWordsFirstAndRareOnesInBuckets() {
    let texts = texts([["b a a"], ["c b a d"], ["e"]])
    let vocabulary = Vocabulary(
      texts, rows: [0, 1, 2], minimumCount: 2, maximum: 10, buckets: 4)
    #expect(vocabulary.words == ["a", "b"])
    #expect(vocabulary.count == 1 + 2 + 4)
    #expect(vocabulary.index(of: TokenHash("a")) == 1)
    #expect(vocabulary.index(of: TokenHash("b")) == 2)
    let rare = vocabulary.index(of: TokenHash("c"))
    #expect((3...6).contains(rare) && rare == vocabulary.index(of: TokenHash("c")))
  }

  @Test func equalCountsKeepTheirOrderAndTheMaximumCuts() {
    let texts = texts([["z y x w"], ["z y x w"]])
    let vocabulary = Vocabulary(texts, rows: [0, 1], minimumCount: 1, maximum: 3, buckets: 0)
    #expect(vocabulary.words == ["z", "y", "x"])
    #expect(vocabulary.index(of: TokenHash("w")) == Vocabulary.unknown)
  }

  @Test func onlyTheGivenRowsCount() {
    let texts = texts([["a"], ["b"]])
    #expect(
      Vocabulary(texts, rows: [1], minimumCount: 1, maximum: 9, buckets: 0).words == ["b"])
  }

  @Test func surviveStorage() throws {
    let texts = texts([["great, 好 👍", "the fit is great"], ["", "great"]])
    let vocabulary = Vocabulary(texts, rows: [0, 1], minimumCount: 1, maximum: 99, buckets: 3)
    let stored = try JSONEncoder().encode(vocabulary)
    #expect(try JSONDecoder().decode(Vocabulary.self, from: stored) == vocabulary)
    let ngrams = NGramIndex(texts, rows: [0, 1], order: 2, minimum: 1, maximum: 99)
    let read = try JSONDecoder().decode(NGramIndex.self, from: JSONEncoder().encode(ngrams))
    #expect(read == ngrams && read.count == ngrams.count)
  }

  @Test(arguments: [
    ("\"order\":2", "\"order\":-1"), ("\"order\":2", "\"order\":9223372036854775807"),
    ("\"texts\":2", "\"texts\":9223372036854775807"), ("\"texts\":2", "\"texts\":1"),
  ])
  func storedNumbersHaveARange(_ number: String, _ other: String) throws {
    let ngrams = NGramIndex(
      texts([["great fit"], ["great"]]), rows: [0, 1], order: 2, minimum: 1, maximum: 99)
    let stored = String(decoding: try JSONEncoder().encode(ngrams), as: UTF8.self)
    #expect(stored.contains(number))
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(
        NGramIndex.self, from: Data(stored.replacingOccurrences(of: number, with: other).utf8))
    }
  }

  @Test func titleAndTextHaveASeparatorBetweenThem() {
    let texts = texts([["Good", "fit"], ["", "fit"]])
    #expect(texts[0].count == 3 && texts[1].count == 2)
    #expect(texts[0].dropFirst().first == TokenHash(TokenizedTexts.separator))
    #expect(texts[1].first == TokenHash(TokenizedTexts.separator))
  }

  @Test func mostlyCharactersOrWords() {
    #expect(texts([["很好用"], ["ok"]]).isMostlyIdeographs)
    #expect(!texts([["works very well"], ["好"]]).isMostlyIdeographs)
    #expect(!texts([[""]]).isMostlyIdeographs)
  }

  @Test func sequencesAreWeighedByHowRareTheyAre() {
    let texts = texts([["a b"], ["a b c"], ["a"]])
    let index = NGramIndex(texts, rows: [0, 1, 2], order: 2, minimum: 2, maximum: 99)
    // Known are a (in 3 texts), b (2) and a b (2).
    #expect(index.count == 3)
    let features = index.features(of: texts[0])
    #expect(features.columns == [0, 1, 2])
    let rare = Foundation.log(4.0 / 3) + 1
    let common = Foundation.log(4.0 / 4) + 1
    let length = (2 * rare * rare + common * common).squareRoot()
    let expected = [rare, rare, common].map { Float($0 / length) }.sorted()
    for (weight, truth) in zip(features.weights.sorted(), expected) {
      #expect(abs(weight - truth) < 1e-6)
    }
    // Twice counts 1 + log 2 times.
    var twice = TokenizedTexts()
    twice.append(["a a"])
    let repeated = index.features(of: twice[0])
    #expect(repeated.columns.count == 1 && abs((repeated.weights.first ?? 0) - 1) < 1e-6)
    var unknown = TokenizedTexts()
    unknown.append(["x y z"])
    #expect(index.features(of: unknown[0]).columns.isEmpty)
  }

  @Test func theMaximumKeepsTheMostCommonSequences() {
    let texts = texts((0..<20).map { [(0...$0).map { "w\($0)" }.joined(separator: " ")] })
    let index = NGramIndex(texts, rows: Array(0..<20), order: 1, minimum: 2, maximum: 5)
    #expect(index.count <= 5 && index.count >= 3)
    #expect(!index.features(of: texts[0]).columns.isEmpty)
  }

  @Test func equalTextsAreFound() {
    let texts = texts([
      ["Good", "fit"], ["good", "fit!"], ["", ""], ["good", "FIT"], ["", ""], ["good fit", ""],
    ])
    // A title is no part of the text, and what says nothing is like no other.
    #expect(texts.firstOfEqual() == [0, 1, 2, 0, 4, 5])
  }

  @Test func charactersWithinWords() {
    let texts = texts([["good 好 5!"], ["goods", "a"]])
    let sequences = CharacterSequences(texts, lengths: 2...3)
    func hashes(_ names: String...) -> [TokenHash] { names.map { TokenHash($0) } }
    // Neither the character of a script without blanks nor the mark has any.
    #expect(
      Array(sequences.of(texts[0]))
        == hashes(" g", "go", "oo", "od", "d ", " go", "goo", "ood", "od ", " 5", "5 ", " 5 "))
    #expect(Array(sequences.of(texts[1])).contains(TokenHash("ds ")))
    #expect(Array(sequences.of(texts[1]).suffix(3)) == hashes(" a", "a ", " a "))
    #expect(CharacterSequences(texts, lengths: 9...9).of(texts[0]).isEmpty)

    // Words that were never met have columns by what they are made of.
    let index = NGramIndex(rows: [0, 1], order: 1, minimum: 2, maximum: 99) {
      sequences.of(texts[$0])
    }
    #expect(index.count == hashes(" g", "go", "oo", "od", " go", "goo", "ood").count)
    let other = self.texts([["goodness"]])
    let features = index.features(
      of: CharacterSequences(other, lengths: 2...3).of(other[0]))
    #expect(features.columns.count == 7)
  }
}
