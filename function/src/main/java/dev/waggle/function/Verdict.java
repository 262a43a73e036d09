package dev.waggle.function;

/// What becomes of a request. The status, the answer and the log line of each are decided in one
/// exhaustive switch each, so that a new verdict does not compile until all three know it.
sealed interface Verdict {
    /// The push is on the queue with the digest that the registry gave.
    ///
    /// @param token which token the address had
    /// @param push what went onto the queue
    record Accepted(TokenHashes.Match token, PushMessage push) implements Verdict {}

    /// The push is on the queue without a digest, for the agent's engine to prove: it may hold
    /// credentials, and no push is lost to a registry that is unwell.
    ///
    /// @param token which token the address had
    /// @param push what went onto the queue
    /// @param doubt why the registry did not prove it
    record AcceptedUnproven(TokenHashes.Match token, PushMessage push, Registry.Doubt doubt)
            implements
                Verdict {}

    /// A delivery without a tag, as those for parts of an image are.
    ///
    /// @param token which token the address had
    /// @param repository one of ours
    record NoTag(TokenHashes.Match token, Repository repository) implements Verdict {}

    /// No pattern that the configuration has for the repository matches the tag.
    ///
    /// @param token which token the address had
    /// @param repository one of ours
    /// @param tag that was pushed
    record TagNotWanted(TokenHashes.Match token, Repository repository, Tag tag)
            implements
                Verdict {}

    /// The registry knows no such tag: removed since, or never pushed.
    ///
    /// @param token which token the address had
    /// @param repository one of ours
    /// @param tag that the delivery claims
    record TagNotInRegistry(TokenHashes.Match token, Repository repository, Tag tag)
            implements
                Verdict {}

    /// The path had no token, or one that has none of the hashes.
    record WrongToken() implements Verdict {}

    /// The body is larger than a delivery can be.
    ///
    /// @param token which token the address had
    record TooLarge(TokenHashes.Match token) implements Verdict {}

    /// The body is not a delivery of Docker Hub.
    ///
    /// @param token which token the address had
    /// @param field what is wrong, by its path; never what it holds
    /// @param expected what belongs there
    record NotADelivery(TokenHashes.Match token, String field, String expected)
            implements
                Verdict {}

    /// The repository is not one that the configuration names. Which it is goes nowhere, since a
    /// stranger chose it.
    ///
    /// @param token which token the address had
    record NotOurRepository(TokenHashes.Match token) implements Verdict {}

    /// The push is genuine and the queue did not take it.
    ///
    /// @param token which token the address had
    /// @param push what should have gone onto the queue
    /// @param reason why it did not
    record QueueUnavailable(TokenHashes.Match token, PushMessage push, String reason)
            implements
                Verdict {}

    /// A mistake of ours.
    ///
    /// @param cause to be logged without its message, which may quote the request
    record UnexpectedFailure(Throwable cause) implements Verdict {}
}
