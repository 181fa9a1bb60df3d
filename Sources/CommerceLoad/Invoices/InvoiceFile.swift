import HighwaterCLI

/// An Online Retail CSV, plain or gzipped, read in two passes.
///
/// The first pass counts each invoice's lines, so that the second can hand over an invoice as soon as it is whole, wherever its lines
/// stand, and hold no more than those that are not. The first pass also looks for what dates and prices prove of their form.
struct InvoiceFile: Sendable {
    let form: LineForm
    /// What the file does not say outright and was taken for certain, in words.
    let assumptions: [String]
    private let input: InputFile
    private let options: FormOptions
    /// How many lines each invoice has.
    private let lineCounts: [InvoiceNumber: Int]

    /// Invoices of the right form of number, with or without a line that is accepted.
    var invoices: Int { lineCounts.count }

    /// - Parameter path: of a file, a pipe or a device; `-` is standard input.
    /// - Throws: ``Failure`` where the file cannot be read or is no Online Retail file.
    init(path: String, _ options: FormOptions = FormOptions()) throws {
        input = try InputFile(path: path) { try TableReader.check(head: $0, options, of: $1) }
        self.options = options
        var table = try TableReader(input, options)
        var survey = Survey(table.layout, options)
        while let records = try table.next() {
            for record in records { survey.add(record) }
        }
        lineCounts = survey.lineCounts
        form = survey.form
        assumptions = survey.assumptions + (table.endsWithinLine ? ["the last line, which no line break ends, is whole"] : [])
    }

    /// Hands over every line that is set aside, and every invoice when its last line has been read.
    ///
    /// - Throws: ``Failure`` where the file has changed since the first pass; what the closures throw.
    func read(
        rejected: (CSVRecord, Reject) throws -> Void, accepted: (Invoice) async throws -> Void
    ) async throws {
        var open: [InvoiceNumber: (invoice: Invoice, left: Int)] = [:]
        var waiting = lineCounts
        var table = try TableReader(input, options)
        guard table.layout == form.layout else { throw input.changed }
        while let records = try table.next() {
            try Task.checkCancellation()
            for record in records {
                guard let number = InvoiceNumber(form.bytes(.invoice, of: record)) else {
                    try rejected(record, Reject.invoiceNumber)
                    continue
                }
                guard
                    var (invoice, left) = open.removeValue(forKey: number)
                        ?? waiting.removeValue(forKey: number).map({ (invoice: Invoice(), left: $0) })
                else { throw input.changed }
                do throws(Reject) {
                    invoice.add(try InvoiceLine(record, form))
                } catch {
                    try rejected(record, error)
                }
                left -= 1
                if left > 0 { open[number] = (invoice, left) } else { try await accepted(invoice) }
            }
        }
        guard open.isEmpty && waiting.isEmpty else { throw input.changed }
    }
}

/// What the first pass learns.
private struct Survey {
    private let layout: Layout
    private let options: FormOptions
    private(set) var lineCounts: [InvoiceNumber: Int] = [:]
    private var dates = DateEvidence()
    private var numbers = NumberEvidence()
    private var hasNull = false

    init(_ layout: Layout, _ options: FormOptions) {
        self.layout = layout
        self.options = options
    }

    mutating func add(_ record: CSVRecord) {
        func bytes(_ column: Column) -> ArraySlice<UInt8> {
            let place = layout.place(of: column)
            return place < record.count ? record[place] : []
        }
        guard let number = InvoiceNumber(bytes(.invoice)) else { return }
        lineCounts[number, default: 0] += 1
        guard record.flaw == nil else { return }
        hasNull = hasNull || LineForm.isNull(bytes(.customer)) || LineForm.isNull(bytes(.description))
        if options.dates == nil, let text = layout.encoding.text(bytes(.date)) { dates.add(text, line: record.line) }
        if options.decimal == nil, let text = layout.encoding.text(bytes(.price)) { numbers.add(text, line: record.line) }
    }

    var form: LineForm {
        LineForm(
            layout: layout, dates: options.dates ?? dates.order,
            numbers: options.decimal.map(NumberForm.decimal) ?? numbers.form(layout.separator))
    }

    var assumptions: [String] {
        layout.assumptions + [dates.assumption, numbers.assumption, hasNull ? "NULL is no value" : nil].compactMap(\.self)
    }
}
