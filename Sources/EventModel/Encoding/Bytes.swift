/// A run of bytes that may share its storage with its neighbours, so that a batch of records needs one allocation.
public typealias Bytes = ArraySlice<UInt8>
