import CommerceSchemas
public import EventModel
import ProtobufModel

extension OrderCommand {
    /// The commands of the category `order`.
    public static let codecs: [CommandCodec<OrderCommand>] = [
        .protobuf(
            "place", PlaceOrder.self,
            fields: [
                .text("customerId", ifPresent: \.hasCustomerID, \.customerID, length: TextLimits.customerID, form: .customer),
                .text("country", \.country, length: TextLimits.country),
                .text("currency", \.currency, length: 3...3, form: .currency),
                .timestamp("placedAt", ifPresent: \.hasPlacedAt, \.placedAt),
                .list("lines", \.lines, of: Line.fields, minimum: 1),
            ], OrderCommand.place),
        .protobuf("confirm", ConfirmOrder.self, fields: [], OrderCommand.confirm),
        .protobuf("cancel", CancelOrder.self, fields: [.text("reason", \.reason, length: 0...1000)], OrderCommand.cancel),
    ]
}
