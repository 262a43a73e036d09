package dev.waggle.testhost;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The agent's image, built in a private engine by `docker build agent` from the jar that Maven
/// made.
///
/// Where its base images cannot be pulled, others take their names: Debian's busybox and this
/// machine's C library, and for the first stage the JDK that runs this.
public final class AgentImage {
  /// What the image is called in the engine.
  public static final String NAME = "waggle/agent:1";

  private static final String JDK = "eclipse-temurin:25-jdk";
  private static final String DEBIAN = "debian:13-slim";

  /// Of a JDK's directory, a rehearsal of the agent, and another, on a small machine that does
  /// other things.
  private static final Duration BUILD = Duration.ofMinutes(5);

  /// `FROM scratch`, with the directories as in a Debian of today. Packages that the C library or a
  /// JDK does not need on this machine are not there.
  private static final String STAND_INS =
      """
      set -eu
      busybox=$1 java_home=$2 docker=$3
      root=$(mktemp -d)
      trap 'rm -rf "$root"' EXIT
      cd "$root"
      mkdir -p usr/bin usr/lib usr/lib64 usr/sbin usr/local/bin etc root tmp
      chmod 755 .
      chmod 1777 tmp
      for directory in bin lib lib64 sbin; do ln -s "usr/$directory" "$directory"; done
      cp "$busybox" usr/bin/busybox
      for command in $("$busybox" --list); do [ -e "usr/bin/$command" ] || ln -s busybox "usr/bin/$command"; done
      for package in libc6 libgcc-s1 libstdc++6 zlib1g; do
          dpkg -L "$package" | grep -E '^(/usr)?/lib.*[.]so' | grep -v /gconv/ |
              while read -r file; do [ -d "$file" ] || cp -a --parents -t . "$file"; done
      done
      chmod -R go+rX usr
      echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
      path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
      tar --create . | "$docker" import --change "ENV PATH=$path" - debian:13-slim
      mkdir -p opt/java
      cp -aL "$java_home" opt/java/openjdk
      tar --create . | "$docker" import --change "ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:$path" \\
          - eclipse-temurin:25-jdk
      """;

  private AgentImage() {}

  /// Builds it unless the engine has it, or loads what an earlier build on this machine made of the
  /// same files.
  ///
  /// @param progress is told in a few words what takes time, and which base images are not the real
  ///   ones
  public static void build(PrivateEngine engine, Consumer<String> progress) {
    if (!docker(engine, "images", "--quiet", NAME).isBlank()) {
      return;
    }
    Path kept = directory().resolve("target/testhost/agent-image-" + fingerprint() + ".tar");
    if (!OneAtATime.run("agent-image", () -> builds(engine, progress, kept))) {
      docker(engine, "load", "--input", kept.toString());
      progress.accept("the agent's image was built before, of the same files");
    }
  }

  /// Builds it unless that was done before, and returns whether it did.
  private static boolean builds(PrivateEngine engine, Consumer<String> progress, Path kept) {
    if (Files.exists(kept)) {
      return false;
    }
    standIn(engine, progress);
    progress.accept("docker build agent");
    docker(engine, "build", "--tag", NAME, directory().toString());
    keep(engine, kept);
    return true;
  }

  private static void keep(PrivateEngine engine, Path kept) {
    try {
      Files.createDirectories(kept.getParent());
      Path unfinished = Files.createTempFile(kept.getParent(), "agent-image", ".part");
      docker(engine, "save", "--output", unfinished.toString(), NAME);
      Files.move(unfinished, kept, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void standIn(PrivateEngine engine, Consumer<String> progress) {
    Optional<String> obstacle =
        PulledImage.obtain(engine, PulledImage.DOCKER_HUB, "library/debian", "13-slim")
            .or(
                () ->
                    PulledImage.obtain(
                        engine, PulledImage.DOCKER_HUB, "library/eclipse-temurin", "25-jdk"));
    obstacle.ifPresent(
        reason -> {
          progress.accept(
              "stand-ins for "
                  + DEBIAN
                  + " and "
                  + JDK
                  + ", of busybox, this machine's C library and JDK, because "
                  + reason);
          run(
              engine,
              Map.of(),
              "sh",
              "-c",
              STAND_INS,
              "sh",
              DebianPackages.busybox(progress).toString(),
              System.getProperty("java.home"),
              engine.command());
        });
  }

  /// The module's directory, with the Dockerfile and the stack files.
  public static Path directory() {
    try {
      Path testClasses =
          Path.of(AgentImage.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path directory = testClasses.resolve("../..").normalize();
      if (Files.notExists(directory.resolve("target/agent.jar"))) {
        throw new IllegalStateException(
            directory + "/target/agent.jar does not exist: run mvn package first");
      }
      return directory;
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /// Of all that the build reads.
  private static String fingerprint() {
    try {
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      hash.update(System.getProperty("java.vm.version", "").getBytes(StandardCharsets.UTF_8));
      hash.update(STAND_INS.getBytes(StandardCharsets.UTF_8));
      for (Path file :
          Stream.of(
                  "Dockerfile",
                  ".dockerignore",
                  "image/agent",
                  "image/options",
                  "src/test/java/dev/waggle/image/Training.java",
                  "target/agent.jar")
              .map(directory()::resolve)
              .toList()) {
        hash.update(Files.readAllBytes(file));
      }
      return HexFormat.of().formatHex(hash.digest()).substring(0, 16);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /// Runs the docker command against a private engine, and returns what it printed.
  public static String docker(PrivateEngine engine, String... arguments) {
    return docker(engine, Map.of(), arguments);
  }

  /// Runs the docker command with further variables, such as those of a stack file.
  public static String docker(
      PrivateEngine engine, Map<String, String> variables, String... arguments) {
    return run(engine, variables, command(engine, arguments));
  }

  /// Starts the docker command against a private engine, for what it prints as time goes on.
  public static Process start(PrivateEngine engine, String... arguments) {
    ProcessBuilder builder =
        new ProcessBuilder(command(engine, arguments)).redirectErrorStream(true);
    builder.environment().putAll(environment(engine));
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String[] command(PrivateEngine engine, String... arguments) {
    return Stream.concat(Stream.of(engine.command()), Stream.of(arguments)).toArray(String[]::new);
  }

  /// Without the user's settings, which would be those of another engine and another registry.
  private static Map<String, String> environment(PrivateEngine engine) {
    return Map.of(
        "DOCKER_HOST",
        engine.dockerHost().toString(),
        "DOCKER_CONFIG",
        engine.log().resolveSibling("docker-config").toString(),
        "DOCKER_BUILDKIT",
        "0");
  }

  private static String run(
      PrivateEngine engine, Map<String, String> variables, String... command) {
    Map<String, String> environment = new HashMap<>(variables);
    environment.putAll(environment(engine));
    HostCommand.Result result = HostCommand.attempt(BUILD, environment, command);
    if (result.status() != 0) {
      throw new IllegalStateException(
          "`"
              + String.join(" ", command)
              + "` ended with "
              + result.status()
              + ": "
              + result.output().strip());
    }
    return result.output();
  }
}
