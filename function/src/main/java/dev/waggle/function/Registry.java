package dev.waggle.function;

/// Knows which image a tag names.
interface Registry {
  /// Asks for the digest of a tag. Answers in every case, by the deadline.
  Finding find(Repository repository, Tag tag, Deadline deadline);

  /// Tells whether what was found is an image. Answers in every case, by the deadline: what the
  /// registry does not tell of is an image, so that no push is lost.
  default boolean isImage(Repository repository, Finding.Found found, Deadline deadline) {
    return true;
  }

  /// What the registry says.
  sealed interface Finding {
    /// The registry knows the tag.
    ///
    /// @param digest of what the tag names now
    /// @param perhapsArtifact whether it may well be something else than an image, by its media
    ///   type
    record Found(Digest digest, boolean perhapsArtifact) implements Finding {
      /// An image, as far as its media type tells.
      Found(Digest digest) {
        this(digest, false);
      }
    }

    /// The registry knows no such tag.
    record Missing() implements Finding {}

    /// The registry could not be made to say.
    ///
    /// @param doubt why
    record Unproven(Doubt doubt) implements Finding {}
  }

  /// Why a push could not be proved.
  enum Doubt {
    /// 401 or 403, with an anonymous token in hand if the registry hands those out.
    PRIVATE("the repository is not public"),
    /// 429.
    RATE_LIMITED("the registry limits our rate"),
    /// 5xx.
    UNWELL("the registry is unwell"),
    /// No complete answer by the deadline.
    TIMED_OUT("the registry did not answer in time"),
    /// No connection, or one that broke.
    UNREACHABLE("the registry is unreachable"),
    /// Any other status, or an answer without a digest.
    ODD_ANSWER("the registry's answer makes no sense"),
    /// A redirect or a challenge that leads to a host which is not the registry's.
    FOREIGN_HOST("the registry sends us to a foreign host");

    private final String text;

    Doubt(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
