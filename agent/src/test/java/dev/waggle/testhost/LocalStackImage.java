package dev.waggle.testhost;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// LocalStack's image where it cannot be pulled: made of the Python packages that LocalStack
/// publishes, on Python and its libraries from Debian 13, since LocalStack's SQS needs a Python of
/// 3.12 or later.
final class LocalStackImage {
  private static final String PACKAGES = "/localstack-packages.txt";

  /// Downloads of 60 MB.
  private static final Duration BUILD = Duration.ofMinutes(10);

  /// Debian's packages into `root`, by an apt that knows only them; and the Python packages to
  /// where Debian's Python looks. `docker-entrypoint.sh` is what the real image has there and
  /// Testcontainers calls.
  private static final String FILES =
      """
      set -eu
      packages=$1 archive=$2
      directory=$(mktemp -d)
      trap 'rm -rf "$directory"' EXIT
      cd "$directory"
      mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
          head -n 1)
      [ -n "$mirror" ] || { echo 'apt-get knows no mirror of Debian, and has perhaps never had an update' >&2; exit 1; }
      python3 -m pip --version >/dev/null 2>&1 || apt-get install --yes --no-install-recommends python3-pip
      mkdir -p lists/partial archives/partial parts root/usr/bin root/usr/lib root/usr/lib64 root/usr/sbin root/tmp
      chmod 1777 root/tmp
      for link in bin lib lib64 sbin; do ln -s "usr/$link" "root/$link"; done
      : >status
      echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >sources.list
      apt() {
          apt-get -qq -o Dir::State="$directory" -o Dir::State::status="$directory/status" \\
              -o Dir::Etc::SourceList="$directory/sources.list" -o Dir::Etc::SourceParts="$directory/parts" \\
              -o Dir::Etc::PreferencesParts="$directory/parts" -o Dir::Cache="$directory" \\
              -o APT::Sandbox::User=root -o Acquire::Languages=none -o APT::Install-Recommends=false "$@"
      }
      apt update
      apt install --yes --download-only bash busybox-static python3.13
      for package in archives/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar --extract --directory root --keep-directory-symlink; done
      for command in $(root/usr/bin/busybox --list); do
          [ -e "root/usr/bin/$command" ] || ln -s busybox "root/usr/bin/$command"
      done
      machine=$(uname -m)
      python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \\
          --implementation cp --python-version 3.13 --platform "manylinux2014_$machine" \\
          --platform "manylinux_2_17_$machine" --platform "manylinux_2_28_$machine" \\
          --platform "manylinux_2_34_$machine" \\
          --target root/usr/local/lib/python3.13/dist-packages --requirement "$packages"
      mkdir -p root/usr/local/bin
      printf '#!/bin/sh\\nexec python3.13 -m localstack.runtime.main\\n' >root/usr/local/bin/docker-entrypoint.sh
      chmod 755 root/usr/local/bin/docker-entrypoint.sh
      chmod -R go+rX root
      tar --create --file "$archive" --directory root --owner 0 --group 0 .
      """;

  private LocalStackImage() {}

  /// Makes the image unless the engine has it, of what an earlier call on this machine downloaded
  /// or else anew; or says why it cannot.
  static Optional<String> build(PrivateEngine engine, String name) {
    if (!AgentImage.docker(engine, "images", "--quiet", name).isBlank()) {
      return Optional.empty();
    }
    if (!HostCommand.exists(List.of("apt-get", "dpkg-deb", "python3"))) {
      return Optional.of("this is no Debian with Python, of which an image could be made");
    }
    try {
      Path archive = DebianPackages.downloads().resolve("localstack-" + fingerprint() + ".tar");
      Optional<String> obstacle = OneAtATime.run("localstack", () -> download(archive));
      if (obstacle.isPresent()) {
        return obstacle;
      }
      AgentImage.docker(
          engine,
          "import",
          "--change",
          "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
              + " GATEWAY_LISTEN=0.0.0.0:4566 PYTHONUNBUFFERED=1",
          "--change",
          "ENTRYPOINT [\"docker-entrypoint.sh\"]",
          archive.toString(),
          name);
      System.out.println(name + " is made of LocalStack's published packages, not pulled");
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> download(Path archive) {
    if (Files.exists(archive)) {
      return Optional.empty();
    }
    System.out.println("downloading LocalStack's published packages, and a Python of Debian's");
    try {
      return downloadAnew(archive);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> downloadAnew(Path archive) throws IOException {
    Files.createDirectories(archive.getParent());
    Path packages = Files.createTempFile("localstack-packages", ".txt");
    Path unfinished = Files.createTempFile(archive.getParent(), "localstack", ".part");
    try {
      Files.write(packages, packages());
      HostCommand.Result result =
          HostCommand.attempt(
              BUILD,
              Map.of("DEBIAN_FRONTEND", "noninteractive"),
              "sh",
              "-c",
              FILES,
              "sh",
              packages.toString(),
              unfinished.toString());
      if (result.status() != 0) {
        return Optional.of("its packages are not to be had: " + lastLine(result.output()));
      }
      Files.move(unfinished, archive);
      return Optional.empty();
    } finally {
      Files.delete(packages);
      Files.deleteIfExists(unfinished);
    }
  }

  private static String lastLine(String output) {
    return output.strip().lines().reduce("", (_, line) -> line);
  }

  private static byte[] packages() throws IOException {
    try (InputStream stream = LocalStackImage.class.getResourceAsStream(PACKAGES)) {
      if (stream == null) {
        throw new IllegalStateException("no resource " + PACKAGES);
      }
      return stream.readAllBytes();
    }
  }

  /// Of all that the archive is made by.
  private static String fingerprint() throws IOException {
    try {
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      hash.update(FILES.getBytes(StandardCharsets.UTF_8));
      hash.update(packages());
      return HexFormat.of().formatHex(hash.digest()).substring(0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
