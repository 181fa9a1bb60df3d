import Hummingbird
@main struct CommerceApp { static func main() {} }
