package dev.waggle.testhost;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.elasticmq.rest.sqs.SQSRestServer;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;
import org.opentest4j.TestAbortedException;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.localstack.LocalStackContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.TestcontainersConfiguration;
import scala.concurrent.Future;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// A server that speaks SQS.
public final class SqsServer implements AutoCloseable {
  /// A FIFO queue and the FIFO queue that takes what cannot be handled.
  ///
  /// @param url the queue's address
  /// @param deadLetterUrl the address of its dead-letter queue
  public record FifoQueue(String url, String deadLetterUrl) {}

  /// The last version that needs no account.
  private static final String LOCALSTACK = "localstack/localstack";

  private static final String LOCALSTACK_VERSION = "4.14.0";

  /// A system property: LocalStack is made of its packages where it cannot be pulled, and no other
  /// server does.
  private static final String ONLY_LOCALSTACK = "waggle.only-localstack";

  /// How often a message is received before it goes to the dead letters. Fewer times than in
  /// `template.yaml`: a test would wait an hour.
  static final int MAX_RECEIVE_COUNT = 10;

  private static final String REGION = "us-east-1";
  private static final String CREDENTIAL = "test";

  private final String kind;
  private final URI endpoint;
  private final Runnable stop;
  private final SqsClient client;
  private final AtomicBoolean closed = new AtomicBoolean();

  private SqsServer(String kind, URI endpoint, Runnable stop) {
    this.kind = kind;
    this.endpoint = endpoint;
    this.stop = stop;
    this.client =
        SqsClient.builder()
            .endpointOverride(endpoint)
            .region(Region.of(REGION))
            .credentialsProvider(
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(CREDENTIAL, CREDENTIAL)))
            .httpClient(UrlConnectionHttpClient.create())
            .build();
  }

  /// Starts LocalStack in the private engine where its image can be had, ElasticMQ in this JVM
  /// otherwise; one line on standard output says which and why. In the profile `localstack` the
  /// test is aborted in place of that.
  public static SqsServer start(PrivateEngine engine) {
    return start(engine, PulledImage.DOCKER_HUB);
  }

  static SqsServer start(PrivateEngine engine, URI dockerHub) {
    Optional<String> obstacle =
        PulledImage.obtain(engine, dockerHub, LOCALSTACK, LOCALSTACK_VERSION);
    if (Boolean.getBoolean(ONLY_LOCALSTACK)) {
      obstacle =
          obstacle.flatMap(
              notPulled ->
                  LocalStackImage.build(engine, LOCALSTACK + ":" + LOCALSTACK_VERSION)
                      .map(notBuilt -> notPulled + "; " + notBuilt));
      obstacle.ifPresent(SqsServer::abort);
    }
    SqsServer server = obstacle.isEmpty() ? startLocalStack(engine) : startInJvm(engine);
    System.out.println(
        "SQS server: " + server.kind() + obstacle.map(reason -> ", because " + reason).orElse(""));
    return server;
  }

  private static void abort(String reason) {
    System.out.println("\n!!! NOT TESTED on LocalStack: " + reason + "\n");
    throw new TestAbortedException("LocalStack cannot be had: " + reason);
  }

  /// Starts ElasticMQ in this JVM, on a free port of the address that the engine's containers
  /// reach, or of the loopback interface where there is none.
  public static SqsServer startInJvm(PrivateEngine engine) {
    String address = engine.hostAddress().orElse("127.0.0.1");
    SQSRestServer server =
        SQSRestServerBuilder.withInterface(address).withDynamicPort().withAWSRegion(REGION).start();
    int port = server.waitUntilStarted().localAddress().getPort();
    String version = SQSRestServerBuilder.class.getPackage().getImplementationVersion();
    return new SqsServer(
        "ElasticMQ " + version,
        URI.create("http://" + address + ":" + port),
        () -> beginToStop(server));
  }

  /// Waits for nothing: a client that was killed in a long poll would be waited for until its end.
  private static void beginToStop(SQSRestServer server) {
    Future<Object> _ = server.stopAndGetFuture().apply();
  }

  private static SqsServer startLocalStack(PrivateEngine engine) {
    SqsServer.LocalStackInEngine container = new LocalStackInEngine(engine);
    container.start();
    return new SqsServer(
        "LocalStack " + LOCALSTACK_VERSION, container.getEndpoint(), container::stop);
  }

  /// What is running, such as `ElasticMQ 1.7.1`.
  public String kind() {
    return kind;
  }

  /// Whether nobody receives a message while another of its group is in flight, as SQS documents.
  /// LocalStack may hand out some right after the visibility timeout of others was set to zero.
  public boolean keepsGroupsTogether() {
    return !kind.startsWith("LocalStack");
  }

  /// Where it listens.
  public URI endpoint() {
    return endpoint;
  }

  /// What a process needs in its environment for its SDK to use this server.
  public Map<String, String> environment() {
    return Map.of(
        "AWS_REGION",
        REGION,
        "AWS_ACCESS_KEY_ID",
        CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY",
        CREDENTIAL,
        "AWS_ENDPOINT_URL_SQS",
        endpoint.toString());
  }

  /// A client of this server, closed with it.
  public SqsClient client() {
    return client;
  }

  /// Creates a FIFO queue whose messages go to a dead-letter queue after [#MAX_RECEIVE_COUNT]
  /// receives.
  ///
  /// @param name ends in `.fifo`
  /// @param visibilityTimeout how long a received message stays hidden, in whole seconds
  public FifoQueue createFifoQueue(String name, Duration visibilityTimeout) {
    String deadLetterUrl =
        create(
            name.replaceFirst("\\.fifo$", "-dead.fifo"),
            Map.of(QueueAttributeName.FIFO_QUEUE, "true"));
    String deadLetterArn =
        client
            .getQueueAttributes(
                request ->
                    request.queueUrl(deadLetterUrl).attributeNames(QueueAttributeName.QUEUE_ARN))
            .attributes()
            .get(QueueAttributeName.QUEUE_ARN);
    String url =
        create(
            name,
            Map.of(
                QueueAttributeName.FIFO_QUEUE,
                "true",
                QueueAttributeName.VISIBILITY_TIMEOUT,
                Long.toString(visibilityTimeout.toSeconds()),
                QueueAttributeName.REDRIVE_POLICY,
                "{\"deadLetterTargetArn\":\"%s\",\"maxReceiveCount\":%d}"
                    .formatted(deadLetterArn, MAX_RECEIVE_COUNT)));
    return new FifoQueue(url, deadLetterUrl);
  }

  /// Messages in a queue, those in flight included.
  public int messages(String url) {
    return client
        .getQueueAttributes(
            request ->
                request
                    .queueUrl(url)
                    .attributeNames(
                        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
                        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE))
        .attributes()
        .values()
        .stream()
        .mapToInt(Integer::parseInt)
        .sum();
  }

  private String create(String name, Map<QueueAttributeName, String> attributes) {
    return client.createQueue(request -> request.queueName(name).attributes(attributes)).queueUrl();
  }

  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      client.close();
      stop.run();
    }
  }

  /// LocalStack in the private engine, whatever other engine Testcontainers would find by itself.
  private static final class LocalStackInEngine extends LocalStackContainer {
    private final String address;

    LocalStackInEngine(PrivateEngine engine) {
      super(imageIn(engine));
      address = engine.publishedPortsAddress().orElseThrow();
      // Testcontainers' own client stays with the first engine that this JVM showed it.
      dockerClient = engine.docker();
      // Marked for reuse, it needs none of Testcontainers' helpers, which cannot be pulled;
      // it ends with the engine.
      withReuse(true);
      // SQS needs no Docker socket, and binding one would be preceded by a trial in another
      // image.
      setBinds(new ArrayList<>());
      withImagePullPolicy(image -> false);
      withEnv("SERVICES", "sqs");
      // An address that can be reached, in place of a name that only the internet's resolvers know.
      withEnv("SQS_ENDPOINT_STRATEGY", "dynamic");
      // What it would ask the internet for, which is out of its reach.
      withEnv("DNS_ADDRESS", "0");
      withEnv("SKIP_SSL_CERT_DOWNLOAD", "1");
      withEnv("DISABLE_EVENTS", "1");
      waitingFor(Wait.forLogMessage(".*Ready\\.\n", 1).withStartupTimeout(Duration.ofMinutes(2)));
    }

    /// Points Testcontainers at the engine before its first use: in memory, in the two settings
    /// that outrank the environment and the user's file.
    private static DockerImageName imageIn(PrivateEngine engine) {
      Properties settings = TestcontainersConfiguration.getInstance().getUserProperties();
      settings.setProperty("tc.host", engine.dockerHost().toString());
      settings.setProperty("testcontainers.reuse.enable", "true");
      return DockerImageName.parse(LOCALSTACK).withTag(LOCALSTACK_VERSION);
    }

    /// Where the engine publishes ports, which is not this machine's loopback interface.
    @Override
    public String getHost() {
      return address;
    }

    @Override
    public void stop() {
      String container = getContainerId();
      if (container != null) {
        dockerClient.removeContainerCmd(container).withForce(true).exec();
      }
    }
  }
}
