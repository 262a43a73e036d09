import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Runs google-java-format over every Java file below the given folders. Maven starts this in the JDK 25 that it found,
/// since the formatter itself needs one of 21 or later: `mvn validate` checks, `mvn validate -Dformat=write` formats.
void main(String[] arguments) throws IOException {
  boolean write = arguments[0].equals("write");
  Stream<String> files = Stream.empty();
  for (String folder : List.of(arguments).subList(1, arguments.length)) {
    try (Stream<Path> below = Files.walk(Path.of(folder))) {
      files =
          Stream.concat(
              files,
              below.filter(path -> path.toString().endsWith(".java")).map(Path::toString).toList().stream());
    }
  }
  Stream<String> options = write ? Stream.of("--replace") : Stream.of("--dry-run", "--set-exit-if-changed");
  Main.main(Stream.concat(options, files).toArray(String[]::new));
}
