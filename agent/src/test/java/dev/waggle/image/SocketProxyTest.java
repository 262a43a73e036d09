package dev.waggle.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The proxy's rules let through what the agent asks of an engine, and nothing else.
class SocketProxyTest {

  private static final Pattern PATH = Pattern.compile("acl (\\w+) path_reg (\\S+)");
  private static final Pattern RULE =
      Pattern.compile("http-request allow if (get|post|delete) (\\w+)");

  /// A call in the code, and what stands behind it up to the next.
  private static final Pattern CALL =
      Pattern.compile(
          "(GET, (?=\"/_)|engine\\.get\\(|engine\\.post\\(|engine\\.delete\\(|String path =)"
              + "\\s*\"(/[^\"?]*)((?:(?!engine\\.)[^;])*)");

  @Test
  void letsThroughEveryPathInTheCode() throws IOException {
    Matcher paths = CALL.matcher(swarmSources());
    int found = 0;
    while (paths.find()) {
      found++;
      String update = paths.group(3).contains("/update?") ? "/update" : "";
      String path =
          switch (paths.group(2)) {
            case "/_ping" -> "/_ping";
            case "/distribution/" -> "/v1.41/distribution/vorce/playlistlog:1/json";
            case "/images/" -> "/v1.41/images/vorce/playlistlog:1/json";
            case "/services/" -> "/v1.41/services/mohjblgtt8vj" + update;
            case "/configs/" -> "/v1.41/configs/waggle.mohjblgtt8vj" + update;
            case String other -> "/v1.41" + other;
          };
      String method =
          Stream.of("post", "delete").filter(paths.group(1)::contains).findFirst().orElse("get");
      assertThat(allows(method, path)).as(method + " " + path).isTrue();
    }
    assertThat(found).isEqualTo(17);
  }

  @Test
  void refusesEverythingElse() throws IOException {
    for (String request :
        List.of(
            "get /v1.41/containers/json",
            "get /v1.41/secrets",
            "get /v1.41/images/json",
            "get /v1.41/images/vorce/playlistlog:1/history",
            "get /v1.41/images/vorce/playlistlog:1/get",
            "delete /v1.41/images/vorce/playlistlog:1",
            "get /v1.41/services/abc/logs",
            "get /v1.41/configs/somebodys",
            "get /v1.41/configs/waggle.",
            "get /v1.41/configs/waggle.abc/update",
            "post /v1.41/services/create",
            "post /v1.41/containers/create",
            "post /v1.41/nodes/abc/update",
            "post /v1.41/configs/somebodys/update",
            "post /_ping",
            "delete /v1.41/configs/somebodys",
            "delete /v1.41/configs/create",
            "delete /v1.41/services/abc")) {
      int space = request.indexOf(' ');
      assertThat(allows(request.substring(0, space), request.substring(space + 1)))
          .as(request)
          .isFalse();
    }
    assertThat(rules())
        .containsSubsequence(
            "acl elsewhere path_sub .. %",
            "http-request deny if elsewhere",
            "http-request allow if post update",
            "http-request deny");
  }

  /// At the level of a request that is let through, info, nothing appears.
  @Test
  void logsTheRequestsThatItRefusesAndNoOther() throws IOException {
    List<String> rules = rules();
    assertThat(rules)
        .contains("log stdout format raw local0 notice", "log global", "option httplog");
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      String rule = rules.get(i);
      if (rule.startsWith("http-request deny")) {
        String condition = rule.substring("http-request deny".length());
        assertThat(rules.get(i - 1)).isEqualTo("http-request set-log-level warning" + condition);
        expected.add(rules.get(i - 1));
      }
    }
    assertThat(rules.stream().filter(rule -> rule.contains("set-log-level")))
        .hasSize(2)
        .containsExactlyElementsOf(expected);
  }

  @Test
  void showsAndMakesNoConfigButRecords() throws IOException {
    assertThat(rules())
        .contains(
            "acl filtered query -m str filters="
                + URLEncoder.encode("{\"label\":[\"waggle.record\"]}", StandardCharsets.UTF_8),
            "http-request allow if get records filtered",
            "acl named req.body,json_query('$.Name') -m reg ^waggle\\.[a-z0-9]+$",
            "http-request allow if post create named")
        .doesNotContain("http-request allow if get records", "http-request allow if post create");
  }

  private static List<String> rules() throws IOException {
    return configuration().lines().map(String::strip).toList();
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
    StringBuilder all = new StringBuilder();
    for (String source :
        List.of("DockerSwarm.java", "ConfigRecords.java", "SwarmEvents.java", "EngineApi.java")) {
      all.append(Files.readString(sources.resolve(source)));
    }
    return all.toString();
  }
}
