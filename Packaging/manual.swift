// Writes the pages of `man sluice`, one for each subcommand, from the help that the command gives.
//
//   sluice --experimental-dump-help | swift Packaging/manual.swift VERSION DATE FOLDER
import Foundation

typealias Entry = [String: Any]
let (version, date) = (CommandLine.arguments[1], CommandLine.arguments[2])
let folder = URL(fileURLWithPath: CommandLine.arguments[3])

/// Text as roff takes it: nothing in it is a request, and hyphens stay what users type.
func roff(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\": result += "\\e"
    case "-": result += "\\-"
    case _ where !scalar.isASCII:
      result += "\\[u" + String(format: "%04X", scalar.value) + "]"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
}

/// Paragraphs, and lines that begin with blanks as they stand.
func paragraphs(_ text: String) -> [String] {
  text.components(separatedBy: "\n\n").flatMap { paragraph -> [String] in
    let lines = paragraph.components(separatedBy: "\n")
    guard lines.contains(where: { $0.hasPrefix("  ") }) else { return [".PP"] + lines.map(roff) }
    return [".PP", ".RS 2", ".nf"]
      + lines.map { roff(String($0.drop { $0 == " " })) } + [".fi", ".RE"]
  }
}

func text(_ entry: Entry, _ key: String) -> String? { entry[key] as? String }
func entries(_ entry: Entry, _ key: String) -> [Entry] {
  (entry[key] as? [Entry] ?? []).filter { $0["shouldDisplay"] as? Bool ?? true }
}

/// `\fB--output\fR \fIdir\fR`: how a flag, an option or an argument is written.
func form(_ argument: Entry) -> String {
  let value = "\\fI\(roff(text(argument, "valueName") ?? "value"))\\fR"
  let names = entries(argument, "names").compactMap { name in
    text(name, "name").map { "\\fB\(roff((text(name, "kind") == "short" ? "-" : "--") + $0))\\fR" }
  }
  switch text(argument, "kind") {
  case "flag": return names.joined(separator: ", ")
  case "option": return names.joined(separator: ", ") + " " + value
  default: return value + (argument["isRepeating"] as? Bool == true ? " ..." : "")
  }
}

/// The name of a subcommand's own page: git, for one, names its pages so.
func page(_ path: [String]) -> String { path.joined(separator: "-") }

func write(_ command: Entry, below parents: [String]) throws {
  let path = parents + [text(command, "commandName") ?? ""]
  let subcommands = entries(command, "subcommands").filter { text($0, "commandName") != "help" }
  let arguments = entries(command, "arguments")
  let abstract = (text(command, "abstract") ?? "").trimmingCharacters(in: ["."])

  var lines = [
    ".TH \(roff(page(path).uppercased())) 1 \(date) \"sluice \(version)\" \"Sluice\"",
    ".SH NAME", "\(roff(page(path))) \\- \(roff(abstract))", ".SH SYNOPSIS",
  ]
  var synopsis = ["\\fB\(roff(path.joined(separator: " ")))\\fR"]
  for argument in arguments where text(argument, "kind") == "positional" {
    let optional = argument["isOptional"] as? Bool == true
    synopsis.append(optional ? "[\(form(argument))]" : form(argument))
  }
  for argument in arguments
  where text(argument, "kind") != "positional" && argument["isOptional"] as? Bool != true {
    synopsis.append(form(argument))
  }
  synopsis.append(subcommands.isEmpty ? "[\\fIoption\\fR ...]" : "\\fIsubcommand\\fR")
  lines += [synopsis.joined(separator: " "), ".SH DESCRIPTION", roff(abstract) + "."]
  lines += text(command, "discussion").map(paragraphs) ?? []

  if !subcommands.isEmpty { lines.append(".SH SUBCOMMANDS") }
  for subcommand in subcommands {
    let names = path + [text(subcommand, "commandName") ?? ""]
    lines += [".TP", "\\fB\(roff(page(names)))\\fR(1)", roff(text(subcommand, "abstract") ?? "")]
  }

  lines.append(".SH OPTIONS")
  var section: String?
  for argument in arguments {
    if let title = text(argument, "sectionTitle"), title != section {
      lines.append(".SS \(roff(title))")
      section = title
    } else if section != nil, text(argument, "sectionTitle") == nil {
      lines.append(".SS Other")
      section = nil
    }
    let standard = text(argument, "defaultValue").map { " (default: \($0))" } ?? ""
    lines += [".TP", form(argument), roff((text(argument, "abstract") ?? "") + standard)]
  }
  lines += [
    ".SH EXIT STATUS", "0; 1 for failed work, such as bad data; 64 for wrong usage.",
  ]
  let related = parents.indices.map { page(Array(parents[0...$0])) }
  if !related.isEmpty {
    lines += [".SH SEE ALSO", related.map { "\\fB\(roff($0))\\fR(1)" }.joined(separator: ", ")]
  }
  let file = folder.appendingPathComponent("\(page(path)).1")
  try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
  for subcommand in subcommands { try write(subcommand, below: path) }
}

let help = try JSONSerialization.jsonObject(with: FileHandle.standardInput.readDataToEndOfFile())
guard let command = (help as? Entry)?["command"] as? Entry else {
  fatalError("standard input is not what --experimental-dump-help prints")
}
try write(command, below: [])
