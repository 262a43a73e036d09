package dev.waggle.agent.push;

import java.util.regex.Pattern;

/// A repository of a registry, in canonical form: an official image of Docker Hub lives in
/// `library`.
///
/// @param registry the registry's domain with its port, if any; Docker Hub's is `docker.io`
/// @param path the path inside the registry, `vorce/playlistlog` or `library/busybox`
public record Repository(String registry, String path) {

  static final String DOCKER_HUB = "docker.io";
  private static final String OFFICIAL = "library/";
  private static final int MAX_CHARACTERS = 255;
  private static final Pattern PATH =
      Pattern.compile(
          "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*");

  /// @throws IllegalArgumentException if the path is not one by the grammar of
  ///   distribution/reference
  public Repository {
    if (path.length() > MAX_CHARACTERS || !PATH.matcher(path).matches()) {
      throw new IllegalArgumentException(
          "a repository is lower-case letters, digits and single separators, at most 255"
              + " characters");
    }
  }

  /// The repository of Docker Hub that a path names, with or without `library/`.
  ///
  /// @throws IllegalArgumentException if the path is not one
  public static Repository onDockerHub(String path) {
    return new Repository(DOCKER_HUB, path.contains("/") ? path : OFFICIAL + path);
  }

  /// The name as people write it: Docker Hub and `library` go without saying.
  public String familiarName() {
    if (!registry.equals(DOCKER_HUB)) {
      return registry + "/" + path;
    }
    boolean official = path.startsWith(OFFICIAL) && path.indexOf('/', OFFICIAL.length()) < 0;
    return official ? path.substring(OFFICIAL.length()) : path;
  }

  @Override
  public String toString() {
    return familiarName();
  }
}
