package dev.waggle.function;

/// What is known of the time of a push beside the word of whoever sent the delivery.
enum Evidence {
  /// Docker Hub's record has the push.
  RECORDED(Standing.CONFIRMED, "Docker Hub recorded the push"),
  /// Docker Hub's record has an earlier push of the tag, if not a much earlier one.
  PUSHED_BEFORE(Standing.UNKNOWN, "Docker Hub recorded an earlier push"),
  /// Docker Hub's record has a later push of the tag.
  PUSHED_AGAIN(Standing.UNKNOWN, "Docker Hub recorded a later push"),
  /// Docker Hub's record is of another digest, as it is while it lags behind.
  OTHER_RECORD(Standing.UNKNOWN, "Docker Hub's record is of another push"),
  /// Docker Hub limits how often it is asked from our address, which is shared: anybody may have
  /// used that up, and whoever knows the webhook's address on purpose.
  LIMITED(Standing.UNKNOWN, "Docker Hub limits our rate"),
  /// Docker Hub's record is not to be had: not asked for, not public, or not in time.
  NO_RECORD(Standing.UNKNOWN, "Docker Hub's record could not be had"),
  /// The delivery says a time that is still to come.
  IN_THE_FUTURE(Standing.CONTRADICTED, "the push is in the future"),
  /// The delivery says a time that is long past.
  TOO_OLD(Standing.CONTRADICTED, "the push is more than a day old"),
  /// Docker Hub's record says that the tag's last push was long before.
  NOT_RECORDED(Standing.CONTRADICTED, "Docker Hub recorded no such push");

  /// What it comes to.
  enum Standing {
    /// The push was made when the delivery says.
    CONFIRMED("confirmed"),
    /// Nothing speaks for it or against it.
    UNKNOWN("unknown"),
    /// The push was not made when the delivery says.
    CONTRADICTED("contradicted");

    private final String text;

    Standing(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private final Standing standing;
  private final String reason;

  Evidence(Standing standing, String reason) {
    this.standing = standing;
    this.reason = reason;
  }

  /// What it comes to.
  Standing standing() {
    return standing;
  }

  /// Why, in constant words.
  String reason() {
    return reason;
  }
}
