import Testing

/// The application as its users run it. One test at a time: each runs processes of its own.
@Suite(.serialized) struct AppTests {}
