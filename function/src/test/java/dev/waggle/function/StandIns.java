package dev.waggle.function;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.waggle.function.TimedServer.Answered;
import dev.waggle.function.TimedServer.Request;
import dev.waggle.function.TimedServer.Response;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.SSLContext;

/// All that the function calls, over TLS: a registry that holds every tag, its token service,
/// Docker Hub's own API, and a real SQS server behind one that ends the TLS.
final class StandIns implements AutoCloseable {
  private static final String SERVICE = "registry.docker.io";

  /// A token as long as Docker Hub's.
  private static final String TOKEN = "t".repeat(2_400);

  private static final String RECORD = "payloads/hubapi-tag-2024-oci-index-with-attestation.json";

  private final Queue<Answered> answered = new ConcurrentLinkedQueue<>();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final LocalQueue local = new LocalQueue();
  private final TimedServer tokens;
  private final TimedServer registry;
  private final TimedServer hub;
  private final TimedServer queue;

  StandIns(SSLContext tls) {
    tokens = new TimedServer("token", tls, answered, StandIns::token);
    registry = new TimedServer("manifest", tls, answered, this::manifest);
    hub = new TimedServer("record", tls, answered, StandIns::record);
    queue = new TimedServer("queue", tls, answered, this::passOn);
  }

  /// What a function needs to know to call them, and them alone.
  Map<String, String> settings() {
    Map<String, String> settings =
        new HashMap<>(LocalQueue.environment(queue.address().toString()));
    settings.put("WAGGLE_QUEUE_URL", local.url().toString());
    settings.put("WAGGLE_REGISTRY_URL", registry.address().toString());
    settings.put("WAGGLE_HUB_URL", hub.address().toString());
    return settings;
  }

  /// The digest of the image that the registry holds under a tag.
  static Digest digest(String repository, String tag) {
    return new Digest("sha256:" + Sha256.hex("/v2/" + repository + "/manifests/" + tag));
  }

  /// How many messages wait on the queue.
  int messages() {
    return local.size();
  }

  /// Forgets and returns what was answered.
  List<Answered> answered() {
    List<Answered> all = new ArrayList<>();
    for (Answered next = answered.poll(); next != null; next = answered.poll()) {
      all.add(next);
    }
    return all;
  }

  /// How long at least one of these was being answered.
  static Duration waits(List<Answered> answered) {
    long sum = 0L;
    long until = Long.MIN_VALUE;
    for (Answered next :
        answered.stream().sorted(Comparator.comparingLong(Answered::begun)).toList()) {
      sum += Math.max(0, next.ended() - Math.max(next.begun(), until));
      until = Math.max(until, next.ended());
    }
    return Duration.ofNanos(sum);
  }

  private Response manifest(Request request) {
    String[] path = request.path().split("/manifests/", -1);
    boolean base = request.path().equals("/v2/");
    if (!base && (!request.method().equals("HEAD") || path.length != 2)) {
      return Response.empty(404);
    }
    if (!("Bearer " + TOKEN).equals(request.headers().get("authorization"))) {
      String challenge =
          "Bearer realm=\"" + tokens.address() + "/token\",service=\"" + SERVICE + "\"";
      return Response.empty(401)
          .with(
              "WWW-Authenticate",
              base
                  ? challenge
                  : challenge
                      + ",scope=\"repository:"
                      + path[0].substring("/v2/".length())
                      + ":pull\"");
    }
    return Response.empty(200)
        .with("Docker-Content-Digest", "sha256:" + Sha256.hex(request.path()))
        .with("Content-Type", "application/vnd.oci.image.index.v1+json");
  }

  private static Response token(Request request) {
    return request.path().startsWith("/token?service=" + SERVICE + "&scope=repository")
        ? Response.json(
            "{\"token\":\"" + TOKEN + "\",\"access_token\":\"" + TOKEN + "\",\"expires_in\":300}")
        : Response.empty(400);
  }

  private static Response record(Request request) {
    String[] path = request.path().split("/", -1); // /v2/namespaces/NS/repositories/REPO/tags/TAG
    if (path.length != 8 || !path[2].equals("namespaces") || !path[6].equals("tags")) {
      return Response.empty(404);
    }
    String now = Instant.now().toString();
    ObjectNode record = (ObjectNode) Resources.json(Resources.text(RECORD));
    record
        .put("name", path[7])
        .put("digest", digest(path[3] + "/" + path[5], path[7]).value())
        .put("last_updated", now)
        .put("tag_last_pushed", now);
    return Response.json(record.toString());
  }

  private Response passOn(Request request) throws IOException {
    HttpRequest.Builder passed =
        HttpRequest.newBuilder(local.endpoint().resolve(URI.create(request.path())))
            .method(request.method(), HttpRequest.BodyPublishers.ofString(request.body()));
    for (String header : List.of("x-amz-target", "content-type", "authorization", "x-amz-date")) {
      passed.header(header, request.headers().get(header));
    }
    try {
      HttpResponse<String> response =
          client.send(passed.build(), HttpResponse.BodyHandlers.ofString());
      return new Response(
          response.statusCode(),
          Map.of("Content-Type", "application/x-amz-json-1.0"),
          response.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    tokens.close();
    registry.close();
    hub.close();
    queue.close();
    local.close();
    client.close();
  }
}
