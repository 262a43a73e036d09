package dev.waggle.function;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// An execution environment of Lambda: a JVM of its own in which Lambda's runtime interface client
/// runs a function, on the JDK that runs this, with the environment variables that Lambda sets and
/// no others.
///
/// The client loads the function's classes from the working directory, to which Lambda unpacks an
/// archive, and from the archives in its folder `lib`.
///
/// Ends with [#close], with this JVM, and when this JVM is killed: the client gives up once nobody
/// answers its requests.
public final class ExecutionEnvironment implements AutoCloseable {
  /// As the managed runtimes of Java 17 and 21 were seen to start with 512 MB, and Java 25 is
  /// documented to for its compiler: "Customize Java runtime startup behavior" in the Lambda
  /// Developer Guide. Java 25 would warn of the client's native library.
  private static final List<String> OPTIONS =
      List.of(
          "-XX:MaxHeapSize=445645k",
          "-XX:+UseSerialGC",
          "-XX:+TieredCompilation",
          "-XX:TieredStopAtLevel=1",
          "--add-opens=java.base/java.io=ALL-UNNAMED",
          "--enable-native-access=ALL-UNNAMED",
          "-Djava.net.preferIPv4Stack=true",
          "-XX:+ErrorFileToStderr");

  /// What a managed runtime has in /var/runtime/lib; the build puts it there.
  private static final Path RUNTIME = built("runtime");

  private static final String CLIENT = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";
  private static final String NATIVE_LIBRARY =
      "com.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI";
  private static final Duration MAX_END = Duration.ofSeconds(2);

  /// What is deployed.
  ///
  /// @param task the unpacked archive
  /// @param handler class and method
  /// @param nativeLibrary the client's; by itself it would unpack it to a fixed path, which
  ///   environments that start at the same time would overwrite for each other
  public record Deployment(Path task, String handler, Path nativeLibrary) {
    /// Unpacks an archive into `folder`, as Lambda does.
    public static Deployment unpack(Path archive, String handler, Path folder) {
      Path task = folder.resolve("task");
      Path library = folder.resolve("libaws-lambda-jni.so");
      try (JarFile jar = new JarFile(archive.toFile())) {
        for (JarEntry entry : Collections.list(jar.entries())) {
          if (!entry.isDirectory()) {
            extract(jar, entry.getName(), task.resolve(entry.getName()));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Path client =
          runtime().stream()
              .filter(file -> file.toString().contains("runtime-interface-client"))
              .findFirst()
              .orElseThrow();
      boolean arm = System.getProperty("os.arch").equals("aarch64");
      try (JarFile jar = new JarFile(client.toFile())) {
        extract(
            jar, "jni/libaws-lambda-jni.linux-" + (arm ? "aarch_64" : "x86_64") + ".so", library);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new Deployment(task, handler, library);
    }

    private static void extract(JarFile jar, String entry, Path file) throws IOException {
      Files.createDirectories(file.getParent());
      try (InputStream content = jar.getInputStream(jar.getEntry(entry))) {
        Files.copy(content, file);
      }
    }
  }

  /// Writes an archive of the classes that the JDK and the client have, as the managed runtimes of
  /// Java 17 and 21 were seen to start from one, and returns the options with which a process uses
  /// it. Java 25 has such a cache too; what is in it is not documented.
  static List<String> archive(Path folder) {
    Path home = Path.of(System.getProperty("java.home"));
    Path list = folder.resolve("runtime.classlist");
    Path archive = folder.resolve("runtime.jsa");
    try {
      List<String> classes = new ArrayList<>(Files.readAllLines(home.resolve("lib/classlist")));
      for (Path file : runtime()) {
        try (JarFile jar = new JarFile(file.toFile())) {
          jar.stream()
              .map(JarEntry::getName)
              .filter(name -> name.matches("(com|software)/.*\\.class"))
              .map(name -> name.replaceFirst("\\.class$", ""))
              .forEach(classes::add);
        }
      }
      Files.write(list, classes);
      // The same options as in use: an archive that was made without them is not fully used.
      List<String> command = new ArrayList<>();
      command.add(home.resolve("bin/java").toString());
      command.addAll(OPTIONS);
      command.addAll(
          List.of(
              "-Xshare:dump",
              "-XX:SharedClassListFile=" + list,
              "-XX:SharedArchiveFile=" + archive,
              "-classpath",
              classPath()));
      Process dump =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("runtime.log").toFile())
              .start();
      if (dump.waitFor() != 0) {
        throw new IllegalStateException(Files.readString(folder.resolve("runtime.log")));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return List.of("-Xshare:on", "-XX:SharedArchiveFile=" + archive);
  }

  private final Process process;
  private final long started;
  private final List<String> output = new CopyOnWriteArrayList<>();
  private final List<Thread> readers;
  private final Thread lastResort;

  /// Starts a function.
  ///
  /// @param api the environment's own
  /// @param settings the function's environment variables, credentials included
  public ExecutionEnvironment(Deployment deployment, RuntimeApi api, Map<String, String> settings) {
    this(deployment, api, settings, List.of());
  }

  /// Starts a function.
  ///
  /// @param api the environment's own
  /// @param settings the function's environment variables, credentials included
  /// @param options of the JVM, beside Lambda's own
  ExecutionEnvironment(
      Deployment deployment, RuntimeApi api, Map<String, String> settings, List<String> options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    command.add("-D" + NATIVE_LIBRARY + "=" + deployment.nativeLibrary);
    command.addAll(options);
    command.add("-classpath");
    command.add(classPath());
    command.add(CLIENT);
    command.add(deployment.handler);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(deployment.task.toFile())
            .redirectInput(new File("/dev/null"));
    builder.environment().clear();
    builder.environment().putAll(environment(deployment, api));
    builder.environment().putAll(settings);
    try {
      started = System.nanoTime();
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    readers =
        List.of(
            collect(process.inputReader(StandardCharsets.UTF_8)),
            collect(process.errorReader(StandardCharsets.UTF_8)));
    lastResort = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(lastResort);
  }

  /// What the build put beside these classes, or beside the archive of them.
  public static Path built(String name) {
    try {
      return Path.of(
              ExecutionEnvironment.class
                  .getProtectionDomain()
                  .getCodeSource()
                  .getLocation()
                  .toURI())
          .resolveSibling(name);
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /// The class path of the client.
  static String classPath() {
    return runtime().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  /// The archives of the client.
  static List<Path> runtime() {
    try (Stream<Path> files = Files.list(RUNTIME)) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// "Defined runtime environment variables" in the Lambda Developer Guide, with the template's
  /// logging and memory.
  private static Map<String, String> environment(Deployment deployment, RuntimeApi api) {
    Map<String, String> environment = new HashMap<>();
    environment.put("AWS_LAMBDA_RUNTIME_API", api.address());
    environment.put("_HANDLER", deployment.handler);
    environment.put("LAMBDA_TASK_ROOT", deployment.task.toString());
    environment.put("LAMBDA_RUNTIME_DIR", "/var/runtime");
    environment.put("AWS_EXECUTION_ENV", "AWS_Lambda_java25");
    environment.put("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    environment.put("AWS_LAMBDA_FUNCTION_NAME", "waggle");
    environment.put("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    environment.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
    environment.put("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/waggle");
    environment.put("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/01/[$LATEST]0");
    environment.put("AWS_LAMBDA_LOG_FORMAT", "JSON");
    environment.put("AWS_LAMBDA_LOG_LEVEL", "INFO");
    environment.put("AWS_REGION", "eu-central-1");
    environment.put("AWS_DEFAULT_REGION", "eu-central-1");
    environment.put("LANG", "en_US.UTF-8");
    environment.put("TZ", ":UTC");
    environment.put("PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin");
    return environment;
  }

  private Thread collect(BufferedReader reader) {
    return Thread.ofVirtual()
        .start(
            () -> {
              try (reader) {
                reader.lines().forEach(output::add);
              } catch (IOException | UncheckedIOException _) {
                // The process has ended, and its output with it.
              }
            });
  }

  /// When the process was started, in [System#nanoTime].
  long started() {
    return started;
  }

  /// The process's id.
  long pid() {
    return process.pid();
  }

  /// What the process has used of the processors until now, to ten milliseconds.
  Duration cpuTime() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  /// What the process has written to its standard output and error until now, in lines.
  public List<String> output() {
    return List.copyOf(output);
  }

  /// Waits until the process ends by itself and returns its status.
  int awaitEnd(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("still runs after " + limit.toMillis() + " ms");
      }
      for (Thread reader : readers) {
        reader.join();
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /// Ends the process and returns all that it has written.
  List<String> end() {
    close();
    return output();
  }

  @Override
  public void close() {
    try {
      // Process.destroy would close the streams that the last lines come by.
      process.toHandle().destroy();
      if (!process.waitFor(MAX_END.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
      for (Thread reader : readers) {
        reader.join(MAX_END);
      }
      Runtime.getRuntime().removeShutdownHook(lastResort);
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IllegalStateException _) {
      // This JVM ends already, and the hook with it.
    }
  }
}
