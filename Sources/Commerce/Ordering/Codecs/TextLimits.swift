/// How long the texts of commands may be, in characters (Unicode scalars). Others are answered 400.
public enum TextLimits {
    public static let customerID = 1...128
    public static let country = 1...100
    public static let sku = 1...64
    public static let description = 0...1000
}
