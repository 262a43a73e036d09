package dev.waggle.comparison;

/// What a tool says, or what is true, of a push.
enum Claim {

  /// The service came to run it.
  WENT_LIVE("went live"),
  /// The service ran it before.
  WAS_THERE("was there already"),
  /// The service does not run it.
  DID_NOT_GO_LIVE("did not go live"),
  /// Nothing that tells either.
  UNKNOWN("nothing");

  private final String words;

  Claim(String words) {
    this.words = words;
  }

  /// As tables call it.
  String words() {
    return words;
  }

  /// Whether the service runs the push, as far as this goes.
  boolean isSuccess() {
    return switch (this) {
      case WENT_LIVE, WAS_THERE -> true;
      case DID_NOT_GO_LIVE, UNKNOWN -> false;
    };
  }

  /// Whether somebody who is told this knows the truth: that the service runs the push, or that it
  /// does not.
  boolean isRight(Claim truth) {
    return this != UNKNOWN && isSuccess() == truth.isSuccess();
  }
}
