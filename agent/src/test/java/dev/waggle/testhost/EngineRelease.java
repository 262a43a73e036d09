package dev.waggle.testhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.opentest4j.TestAbortedException;

/// The engine that tests run on: the one of this machine's packages, or one of a newer Debian,
/// which is unpacked and never installed.
public enum EngineRelease {
  /// What `docker.io` is on this machine.
  INSTALLED("installed", "", "20.10", ""),
  /// Debian 13's.
  TRIXIE("trixie", "trixie", "26.1", ""),
  /// The newest that Debian has.
  SID("sid", "sid", "28.5", ""),
  /// The newest, with the oldest API that Docker's own engine 29 speaks.
  SID_WITH_NEW_API("sid-api-1.44", "sid", "28.5", "1.44");

  /// The system property that chooses, for every engine that this JVM starts.
  public static final String PROPERTY = "waggle.engine";

  /// Engine, client, and what the engine starts. `runc` needs a newer C library than Debian 12 has.
  private static final List<String> PACKAGES =
      List.of("docker.io", "docker-cli", "containerd", "runc", "libseccomp2", "libc6");

  /// By apt's own means and checks, but with lists, cache and status of its own: to the machine's
  /// apt, a newer suite would offer upgrades. The keyring comes from the machine's own packages
  /// where it is not installed (as on Ubuntu).
  private static final String DOWNLOAD =
      """
      set -eu
      cd "$1"
      suite=$2
      shift 2
      keyring=/usr/share/keyrings/debian-archive-keyring.gpg
      if [ ! -e "$keyring" ]; then
          apt-get download debian-archive-keyring
          dpkg-deb -x debian-archive-keyring*.deb keys
          keyring=$PWD/keys$keyring
      fi
      mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
          awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
      mkdir -p lists/partial cache/archives/partial none root
      : >status
      echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} $suite main" >sources.list
      own_apt() {
          apt-get --quiet --option Dir::Etc::sourcelist="$PWD/sources.list" --option Dir::Etc::sourceparts="$PWD/none" \\
              --option Dir::Etc::preferencesparts="$PWD/none" --option Dir::Etc::preferences=/dev/null \\
              --option Dir::State="$PWD" --option Dir::State::Lists="$PWD/lists" \\
              --option Dir::State::status="$PWD/status" --option Dir::Cache="$PWD/cache" \\
              --option APT::Sandbox::User=root --option Acquire::Languages=none --option Acquire::Retries=2 \\
              --option Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \\
              --option Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false \\
              --option APT::Update::Error-Mode=any "$@"
      }
      own_apt update
      rm -f -- *.deb
      own_apt download "$@"
      for package in *.deb; do dpkg-deb -x "$package" root; done
      """;

  private static final Duration LONGEST_DOWNLOAD = Duration.ofMinutes(10);

  private final String id;
  private final String suite;
  private final String version;
  private final String oldestApi;

  EngineRelease(String id, String suite, String version, String oldestApi) {
    this.id = id;
    this.suite = suite;
    this.version = version;
    this.oldestApi = oldestApi;
  }

  /// The value of the system property, and the suffix of test reports.
  public String id() {
    return id;
  }

  /// What `docs/testing.md` says was tested; Debian moves on.
  public String version() {
    return version;
  }

  /// What the engine finds in its environment.
  Map<String, String> environment() {
    return oldestApi.isEmpty() ? Map.of() : Map.of("DOCKER_MIN_API_VERSION", oldestApi);
  }

  /// The release that the system property names, the installed one where it is not set.
  public static EngineRelease chosen() {
    String wanted = System.getProperty(PROPERTY, INSTALLED.id);
    return Arrays.stream(values())
        .filter(release -> release.id.equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    PROPERTY
                        + " is "
                        + wanted
                        + ", but may be one of "
                        + Arrays.stream(values())
                            .map(EngineRelease::id)
                            .collect(Collectors.joining(", "))));
  }

  /// A root directory with the release's commands and libraries in `/usr`, none where the machine's
  /// own are meant.
  ///
  /// @throws TestAbortedException where its packages cannot be had; a line on standard output says
  ///   so, too
  Optional<Path> unpacked(Consumer<String> progress) {
    if (suite.isEmpty()) {
      return Optional.empty();
    }
    Path unpacked = cache().resolve(suite);
    return Optional.of(OneAtATime.run("engine-" + suite, () -> download(unpacked, progress)));
  }

  /// Says aloud where the engine is another than docs/testing.md says.
  void compare(String engineVersion) {
    if (!suite.isEmpty() && !engineVersion.startsWith(version + ".")) {
      System.out.println(
          "\n!!! Debian "
              + suite
              + " has engine "
              + engineVersion
              + " where docs/testing.md says "
              + version
              + "\n");
    }
  }

  private Path download(Path unpacked, Consumer<String> progress) {
    if (Files.exists(unpacked)) {
      return unpacked;
    }
    progress.accept("downloading the engine of Debian " + suite + " with apt-get");
    try {
      Path directory = Files.createTempDirectory(Files.createDirectories(cache()), suite);
      List<String> command =
          new ArrayList<>(List.of("sh", "-c", DOWNLOAD, "sh", directory.toString(), suite));
      command.addAll(PACKAGES);
      HostCommand.Result result =
          HostCommand.attempt(LONGEST_DOWNLOAD, Map.of(), command.toArray(String[]::new));
      if (result.status() != 0) {
        BaseImage.delete(directory);
        skip("its packages cannot be had here: " + result.output().strip());
      }
      moveUnlessThere(directory.resolve("root"), unpacked);
      BaseImage.delete(directory);
      return unpacked;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void moveUnlessThere(Path root, Path unpacked) throws IOException {
    try {
      Files.move(root, unpacked);
    } catch (IOException e) {
      if (Files.notExists(unpacked)) {
        throw e;
      }
      // Another build was faster.
    }
  }

  /// Skips the tests where an engine of the machine's own choice would take this one's place.
  void requireNamespaces() {
    if (this != INSTALLED) {
      skip("it needs root on Debian or Ubuntu");
    }
  }

  private void skip(String reason) {
    String line = "NOT TESTED on the engine of Debian " + suite + ": " + reason;
    System.out.println("\n!!! " + line + "\n");
    throw new TestAbortedException(line);
  }

  /// Outlasts `mvn clean`: 70 MB are downloaded for each suite, once.
  private static Path cache() {
    Path home =
        Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
            .filter(directory -> !directory.isBlank())
            .map(Path::of)
            .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"));
    return home.resolve("waggle/engines").toAbsolutePath();
  }
}
