import CommerceSchemas
public import EventModel
import ProtobufModel

extension ReturnCommand {
    /// The commands of the category `return`.
    public static let codecs: [CommandCodec<ReturnCommand>] = [
        .protobuf(
            "register", RegisterReturn.self,
            fields: [
                .text("customerId", ifPresent: \.hasCustomerID, \.customerID, length: TextLimits.customerID, form: .customer),
                .text("country", \.country, length: TextLimits.country),
                .text("currency", \.currency, length: 3...3, form: .currency),
                .timestamp("registeredAt", ifPresent: \.hasRegisteredAt, \.registeredAt),
                .list("lines", \.lines, of: Line.fields, minimum: 1),
            ], ReturnCommand.register)
    ]
}
