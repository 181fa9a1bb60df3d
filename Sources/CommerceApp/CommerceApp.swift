import ArgumentParser
import Commerce
import CommerceLoad
import CommerceProjections
import CommerceSchemas
import HighwaterCLI
import ReadModel
import WriteModel

/// Commerce, an order system on Highwater: everything that makes it up, in one place.
@main
struct CommerceApp: HighwaterProgram {
    static let application = Application(
        name: "commerce", abstract: "An order system, event-sourced on Highwater.", version: "0.1.0",
        contexts: [
            Application.Context(
                "ordering",
                categories: [
                    Category(
                        "order", decider: OrderDecider(), foldVersion: OrderState.foldVersion,
                        commands: OrderCommand.codecs, events: OrderEvent.codec, state: OrderState.codec),
                    Category(
                        "return", decider: ReturnDecider(), foldVersion: ReturnState.foldVersion,
                        commands: ReturnCommand.codecs, events: ReturnEvent.codec, state: ReturnState.codec),
                ],
                projections: [
                    RegisteredProjection(OrderSummary(), reading: OrderSummary.Event.readers),
                    RegisteredProjection(CustomerLedger(), reading: SalesEvent.readers),
                    RegisteredProjection(SalesByDay(), reading: SalesEvent.readers),
                    RegisteredProjection(SalesByCountry(), reading: SalesEvent.readers),
                ])
        ])

    static let commands: [any ParsableCommand.Type] = [LoadCommand.self]
}
