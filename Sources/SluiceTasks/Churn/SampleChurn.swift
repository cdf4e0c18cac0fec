import SluiceCompute

/// Customers of a telephone company made up from a seed, in the columns of the Telco churn data.
///
/// Who leaves is known: a score of contract, tenure, internet service, price, payment, support and
/// some of their products, plus noise of variance 1, above a border. Only arithmetic that every
/// machine rounds alike is used: the same seed gives the same text everywhere.
package struct SampleChurn: Hashable, Sendable {
  package var customers = 4000
  package var seed: UInt64

  package init(seed: UInt64) {
    self.seed = seed
  }

  private static let header =
    "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,MultipleLines,"
    + "InternetService,OnlineSecurity,OnlineBackup,DeviceProtection,TechSupport,StreamingTV,"
    + "StreamingMovies,Contract,PaperlessBilling,PaymentMethod,MonthlyCharges,TotalCharges,Churn"

  /// The text of the CSV file.
  ///
  /// - Complexity: O(customers).
  package func csv() -> String {
    rows().reduce(into: Self.header + "\n") { $0 += $1.cells.joined(separator: ",") + "\n" }
  }

  /// A customer's cells, and the score that decides with the noise: above 0 more likely than not.
  struct Row {
    var cells: [String]
    var score: Double
  }

  func rows() -> [Row] {
    // "CHRN" in ASCII tells this stream from those of a model under the same seed.
    var random = PhiloxGenerator(RandomStream(seed: seed, stream: 0x4348_524E))
    return (0..<customers).map { Self.row($0, &random) }
  }

  private static func row(_ number: Int, _ random: inout PhiloxGenerator) -> Row {
    func chance(_ share: Float) -> Bool { random.uniform() < share }
    func yesNo(_ value: Bool) -> String { value ? "Yes" : "No" }
    // The sum of twelve uniform numbers is nearly normal, with variance 1.
    func normal() -> Double {
      (0..<12).reduce(-6.0) { sum, _ in sum + Double(random.uniform()) }
    }
    let isSenior = chance(0.16)
    let hasPartner = chance(0.48)
    let hasDependents = chance(hasPartner ? 0.5 : 0.1)
    let contract = random.uniform()
    let months = contract < 0.55 ? 1 : contract < 0.76 ? 12 : 24
    let reach = months == 1 ? 40 : 73
    // Few customers are quite new, and those without a contract come and go.
    let tenure = months == 1 ? random.index(below: reach) : 73 - random.index(below: 60)
    let hasPhone = chance(0.9)
    let internet = ["DSL", "Fiber optic", "No"][chance(0.22) ? 2 : chance(0.56) ? 1 : 0]
    let hasInternet = internet != "No"
    func service(_ share: Float) -> String {
      let wants = chance(share)
      return hasInternet ? yesNo(wants) : "No internet service"
    }
    let services = [0.36, 0.43, 0.43, 0.36, 0.48, 0.48].map { service(Float($0)) }
    let lines = hasPhone ? yesNo(chance(0.46)) : "No phone service"
    let isPaperless = chance(0.59)
    let payments = [
      "Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)",
    ]
    let payment = payments[chance(0.34) ? 0 : 1 + random.index(below: 3)]
    var cents = (hasPhone ? 2000 : 0) + (lines == "Yes" ? 500 : 0)
    cents += internet == "DSL" ? 2500 : internet == "Fiber optic" ? 5000 : 0
    cents += services.reduce(0) { $0 + ($1 == "Yes" ? 500 : 0) } + random.index(below: 400)
    let total = cents * tenure

    var score = -0.85
    score += months == 1 ? 0.75 : months == 12 ? -0.35 : -1.1
    score -= 0.022 * Double(tenure)
    score += internet == "Fiber optic" ? 0.55 : hasInternet ? 0 : -0.5
    score += payment == payments[0] ? 0.35 : 0
    score += services[0] == "No" && services[3] == "No" ? 0.35 : 0
    score += isPaperless ? 0.15 : 0
    score += isSenior && !hasDependents ? 0.25 : 0
    score += 0.6 * (Double(cents) / 100 - 65) / 60 * (months == 1 ? 1.5 : 0.3)
    let isGone = score + normal() > 0

    let letters = (0..<5).map { _ in
      String(UnicodeScalar(UInt8(ascii: "A") + UInt8(random.index(below: 26))))
    }
    let cells =
      [
        padded(number + 1) + "-" + letters.joined(), chance(0.5) ? "Female" : "Male",
        isSenior ? "1" : "0", yesNo(hasPartner), yesNo(hasDependents), "\(tenure)",
        yesNo(hasPhone), lines, internet,
      ] + services + [
        ["Month-to-month", "One year", "Two year"][months / 12], yesNo(isPaperless), payment,
        money(cents), tenure == 0 ? " " : money(total), yesNo(isGone),
      ]
    return Row(cells: cells, score: score)
  }

  private static func money(_ cents: Int) -> String {
    let rest = cents % 100
    return "\(cents / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  private static func padded(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 4 - text.count)) + text
  }
}
