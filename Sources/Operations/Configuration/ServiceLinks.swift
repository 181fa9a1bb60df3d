/// Variables that an orchestrator puts into every container for a Service or a linked container. They are no settings, whatever the Service is
/// called.
///
/// A Service named `highwater` gives every pod of its namespace `HIGHWATER_SERVICE_HOST`, `HIGHWATER_PORT=tcp://10.0.0.1:8080` and more
/// (Kubernetes, "Environment variables" of Services; kubelet's `envvars.FromServices`). Docker's `--link` gives most of the same.
enum ServiceLinks {
    /// The names of those variables of `environment` that are links by name and by value. A name alone decides nothing: a person wrote
    /// `HIGHWATER_PORT=8080`.
    static func names(in environment: [String: String]) -> Set<String> {
        let names = environment.filter { isLink($0.key, $0.value) }.keys
        let containers = environment.filter { isContainerName($0.key, $0.value) }.keys
        let aliases = containers.map { $0.dropLast("_NAME".count) }
        let copied = environment.keys.filter { name in aliases.contains { name.hasPrefix($0 + "_ENV_") } }
        return Set(names).union(containers).union(copied)
    }

    private static func isLink(_ name: String, _ value: String) -> Bool {
        guard name.wholeMatch(of: /[A-Z_][A-Z0-9_]*/) != nil else { return false }
        let isAddress = value.wholeMatch(of: /[0-9A-Za-z.:_\-]+/) != nil
        let isNumber = value.wholeMatch(of: /[0-9]{1,5}/) != nil
        let isEndpoint = value.wholeMatch(of: /(tcp|udp|sctp):\/\/[^\/]+:[0-9]{1,5}/) != nil
        // The value tells a port that is named `80-tcp` from the port 80.
        if name.contains(/_SERVICE_PORT(_[A-Z0-9_]+)?$/), isNumber { return true }
        if name.contains(/_PORT_[0-9]+_(TCP|UDP|SCTP)_PROTO$/) { return ["tcp", "udp", "sctp"].contains(value) }
        if name.contains(/_PORT_[0-9]+_(TCP|UDP|SCTP)_ADDR$/) { return isAddress }
        if name.contains(/_PORT_[0-9]+_(TCP|UDP|SCTP)_PORT(_START|_END)?$/) { return isNumber }
        if name.contains(/_PORT_[0-9]+_(TCP|UDP|SCTP)(_START|_END)?$/) { return isEndpoint }
        if name.contains(/_SERVICE_HOST$/) { return isAddress }
        return name.hasSuffix("_PORT") && isEndpoint
    }

    /// Docker's name of a linked container, as the linking one knows it: `/web/highwater`.
    private static func isContainerName(_ name: String, _ value: String) -> Bool {
        name.hasSuffix("_NAME") && value.wholeMatch(of: /\/[A-Za-z0-9][A-Za-z0-9_.\-]*\/[A-Za-z0-9][A-Za-z0-9_.\-]*/) != nil
    }
}
