package dev.waggle.testhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// What the namespaced engine is made of: packages of Debian and Ubuntu.
public final class DebianPackages {
  /// The commands needed, and the package that brings each.
  private static final SequencedMap<String, String> NEEDED = new LinkedHashMap<>();

  static {
    NEEDED.put("dockerd", "docker.io");
    NEEDED.put("docker", "docker.io");
    NEEDED.put("docker-registry", "docker-registry");
    NEEDED.put("ip", "iproute2");
    NEEDED.put("iptables", "iptables");
    NEEDED.put("unshare", "util-linux");
    NEEDED.put("setsid", "util-linux");
    NEEDED.put("mount", "mount");
    NEEDED.put("find", "findutils");
  }

  /// Asks for no input, waits for another who installs, and starts no service: the engine's own
  /// ones would use the machine's network and disk.
  private static final String INSTALL =
      """
      set -e
      policy=/usr/sbin/policy-rc.d
      if [ ! -e "$policy" ]; then
          trap 'rm -f "$policy"' EXIT
          trap 'exit 1' HUP INT TERM
          printf '#!/bin/sh\\nexit 101\\n' >"$policy"
          chmod 755 "$policy"
      fi
      install() {
          apt-get install --option DPkg::Lock::Timeout=300 --yes --no-install-recommends "$@"
      }
      install "$@"
      # Where the command is in a package of its own.
      command -v docker >/dev/null || install docker-cli
      """;

  private static final Map<String, String> QUIET =
      Map.of("DEBIAN_FRONTEND", "noninteractive", "PATH", HostCommand.ROOT_PATH);

  /// Only one apt-get at a time.
  private static final String PACKAGES = "packages";

  private static final Duration DOWNLOAD = Duration.ofMinutes(10);

  private DebianPackages() {}

  /// Whether every command needed is there already.
  public static boolean arePresent() {
    return missing().isEmpty();
  }

  /// Whether this is a system whose packages are known.
  public static boolean canBeInstalled() {
    return HostCommand.exists(List.of("apt-get", "dpkg-deb"));
  }

  /// The packages that are missing, none twice.
  static List<String> missing() {
    return NEEDED.entrySet().stream()
        .filter(needed -> HostCommand.find(needed.getKey()).isEmpty())
        .map(Map.Entry::getValue)
        .distinct()
        .toList();
  }

  /// Installs what is missing, without starting any service; once, though tests side by side need
  /// it.
  public static void install(Consumer<String> progress) {
    if (!arePresent()) {
      OneAtATime.run(PACKAGES, () -> installMissing(progress));
    }
  }

  private static boolean installMissing(Consumer<String> progress) {
    List<String> packages = missing();
    if (packages.isEmpty()) {
      return false;
    }
    progress.accept("installing " + String.join(" and ", packages) + " with apt-get");
    List<String> command = new ArrayList<>(List.of("sh", "-c", INSTALL, "sh"));
    command.addAll(packages);
    updatingListsIfNeeded(progress, packages, command.toArray(String[]::new));
    List<String> still = missing();
    if (!still.isEmpty()) {
      throw new IllegalStateException(
          "apt-get succeeded, but these packages brought no command: " + still);
    }
    return true;
  }

  /// A statically linked busybox: the machine's own, or one unpacked from its package without
  /// installing it.
  static Path busybox(Consumer<String> progress) {
    return unpacked("busybox-static", "bin/busybox", progress);
  }

  /// A library that shows a process another time than the machine's, by `LD_PRELOAD`.
  public static Path libfaketime(Consumer<String> progress) {
    return unpacked("libfaketime", "faketime/libfaketime.so.1", progress);
  }

  /// The server of the package `webhook`, unpacked without installing it: so no service of it
  /// starts.
  public static Path webhook(Consumer<String> progress) {
    return unpacked("webhook", "usr/bin/webhook", progress);
  }

  /// @param path the end of the file's path in the package
  private static Path unpacked(String name, String path, Consumer<String> progress) {
    Path cached = downloads().resolve(Path.of(path).getFileName());
    return Files.isReadable(cached)
        ? cached
        : OneAtATime.run(PACKAGES, () -> unpack(name, path, cached, progress));
  }

  private static Path unpack(String name, String path, Path cached, Consumer<String> progress) {
    if (Files.isReadable(cached)) {
      return cached;
    }
    progress.accept("downloading " + name + " with apt-get");
    try {
      Path directory = Files.createTempDirectory(Files.createDirectories(downloads()), name);
      String script = "cd \"$1\" && apt-get download \"$2\" && dpkg-deb -x \"$2\"*.deb .";
      updatingListsIfNeeded(
          progress, List.of(name), "sh", "-c", script, "sh", directory.toString(), name);
      try (Stream<Path> files = Files.walk(directory)) {
        Path unpacked =
            files
                .filter(file -> file.endsWith(path) && Files.isRegularFile(file))
                .findFirst()
                .orElseThrow(
                    () ->
                        new IllegalStateException(
                            "the package " + name + " has no " + path + " in it"));
        moveAtomically(unpacked, cached);
      }
      BaseImage.delete(directory);
      return cached;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void moveAtomically(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /// Kept between runs until the next clean build.
  static Path downloads() {
    return Path.of("target", "testhost").toAbsolutePath();
  }

  private static void updatingListsIfNeeded(
      Consumer<String> progress, List<String> packages, String... command) {
    HostCommand.Result first = HostCommand.attempt(DOWNLOAD, QUIET, command);
    if (first.status() == 0) {
      return;
    }
    progress.accept("updating apt-get's lists");
    HostCommand.Result update = HostCommand.attempt(DOWNLOAD, QUIET, "apt-get", "update");
    HostCommand.Result second = HostCommand.attempt(DOWNLOAD, QUIET, command);
    if (second.status() != 0) {
      throw new IllegalStateException(
          "apt-get could not get "
              + String.join(" and ", packages)
              + ", also after `apt-get update`"
              + (update.status() == 0 ? "" : " (which failed too)")
              + "; is a package mirror reachable? It says: "
              + second.output().strip());
    }
  }
}
