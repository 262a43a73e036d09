package dev.waggle.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The proxy's rules let through what the agent asks of an engine, and nothing else.
class SocketProxyTest {

  private static final Pattern PATH = Pattern.compile("acl (\\w+) path_reg (\\S+)");
  private static final Pattern RULE = Pattern.compile("http-request allow if (get|post) (\\w+)");

  @Test
  void letsThroughEveryPathInTheCode() throws IOException {
    Matcher paths =
        Pattern.compile(
                "(GET, \"(?=/_)|engine\\.get\\(\\s*\"|engine\\.post\\(\\s*\"|\\(engine,"
                    + " \")(/[^\"?]*)([^;]*);")
            .matcher(swarmSources());
    int found = 0;
    while (paths.find()) {
      found++;
      String path =
          switch (paths.group(2)) {
            case "/_ping" -> "/_ping";
            case "/distribution/" -> "/v1.41/distribution/vorce/playlistlog:1/json";
            case "/services/" ->
                "/v1.41/services/mohjblgtt8vj"
                    + (paths.group(3).contains("/update?") ? "/update" : "");
            case String other -> "/v1.41" + other;
          };
      String method = paths.group(1).contains("post") ? "post" : "get";
      assertThat(allows(method, path)).as(method + " " + path).isTrue();
    }
    assertThat(found).isEqualTo(11);
  }

  @Test
  void refusesEverythingElse() throws IOException {
    for (String request :
        List.of(
            "get /v1.41/containers/json",
            "get /v1.41/secrets",
            "get /v1.41/services/abc/logs",
            "post /v1.41/services/create",
            "post /v1.41/containers/create",
            "post /v1.41/nodes/abc/update",
            "post /_ping")) {
      int space = request.indexOf(' ');
      assertThat(allows(request.substring(0, space), request.substring(space + 1)))
          .as(request)
          .isFalse();
    }
    assertThat(configuration().lines().map(String::strip))
        .containsSubsequence(
            "http-request deny if { path_sub .. }",
            "http-request allow if post update",
            "http-request deny");
  }

  private static boolean allows(String method, String path) throws IOException {
    Map<String, Pattern> paths = new HashMap<>();
    PATH.matcher(configuration())
        .results()
        .forEach(acl -> paths.put(acl.group(1), Pattern.compile(acl.group(2))));
    return RULE.matcher(configuration())
        .results()
        .filter(rule -> rule.group(1).equals(method))
        .anyMatch(rule -> Objects.requireNonNull(paths.get(rule.group(2))).matcher(path).find());
  }

  private static String configuration() throws IOException {
    return Files.readString(Path.of("image", "haproxy.cfg"));
  }

  private static String swarmSources() throws IOException {
    Path sources = Path.of("src", "main", "java", "dev", "waggle", "agent", "swarm");
    return Files.readString(sources.resolve("DockerSwarm.java"))
        + Files.readString(sources.resolve("EngineApi.java"));
  }
}
