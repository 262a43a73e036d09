package dev.waggle.function;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/// A FIFO queue of Amazon SQS.
final class SqsPushQueue implements PushQueue {
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    static final Duration READ_TIMEOUT = Duration.ofSeconds(2); // SQS takes milliseconds
    static final Duration WARM_UP_BUDGET = Duration.ofSeconds(1); // of the five that an answer may take

    // The SDK pauses for up to 20 s where it is throttled, longer than there is.
    private static final BackoffStrategy PAUSES = BackoffStrategy
            .exponentialDelay(Duration.ofMillis(100), Duration.ofMillis(800));
    private static final int MAX_ATTEMPTS = 6; // more than fit into the budget

    private static final Pattern ERROR_CODE = Pattern.compile("[A-Za-z0-9.]{1,80}");

    private final SqsClient sqs;
    private final String queueUrl;

    SqsPushQueue(SqsClient sqs, URI queueUrl) {
        this.sqs = sqs;
        this.queueUrl = queueUrl.toString();
    }

    /// Connects as the SDK's own variables say: `AWS_REGION`, `AWS_ENDPOINT_URL_SQS` and the
    /// credentials that Lambda hands in. What `environment` does not hold, the SDK looks for in the
    /// places it always does.
    static SqsPushQueue connect(URI queueUrl, Map<String, String> environment) {
        var builder = SqsClient.builder()
                .overrideConfiguration(client -> client.retryStrategy(retries()))
                .httpClientBuilder(
                        UrlConnectionHttpClient.builder()
                                .connectionTimeout(CONNECT_TIMEOUT)
                                .socketTimeout(READ_TIMEOUT));
        value(environment, "AWS_REGION").map(Region::of).ifPresent(builder::region);
        value(environment, "AWS_ENDPOINT_URL_SQS").map(URI::create)
                .ifPresent(builder::endpointOverride);
        credentials(environment).map(StaticCredentialsProvider::create)
                .ifPresent(builder::credentialsProvider);
        return new SqsPushQueue(builder.build(), queueUrl);
    }

    private static RetryStrategy retries() {
        return AwsRetryStrategy.standardRetryStrategy()
                .toBuilder()
                .maxAttempts(MAX_ATTEMPTS)
                .backoffStrategy(PAUSES)
                .throttlingBackoffStrategy(PAUSES)
                .build();
    }

    private static Optional<AwsCredentials> credentials(Map<String, String> environment) {
        var id = value(environment, "AWS_ACCESS_KEY_ID");
        var secret = value(environment, "AWS_SECRET_ACCESS_KEY");
        if (id.isEmpty() || secret.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                value(environment, "AWS_SESSION_TOKEN")
                        .<AwsCredentials>map(
                                session -> AwsSessionCredentials
                                        .create(id.get(), secret.get(), session))
                        .orElseGet(() -> AwsBasicCredentials.create(id.get(), secret.get())));
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
    }

    @Override
    public Sending send(PushMessage push, Deadline deadline) {
        var budget = deadline.remaining();
        try {
            var _ = sqs.sendMessage(
                    request -> request.queueUrl(queueUrl)
                            .messageBody(push.json())
                            .messageGroupId(push.group())
                            .messageDeduplicationId(push.deduplicationId())
                            .overrideConfiguration(within(budget)));
            return new Sent();
        } catch (SdkException e) {
            return new NotSent(reason(e));
        }
    }

    @Override
    public Optional<String> warmUp() {
        try {
            var _ = sqs.getQueueAttributes(
                    request -> request.queueUrl(queueUrl)
                            .attributeNames(QueueAttributeName.QUEUE_ARN)
                            .overrideConfiguration(within(WARM_UP_BUDGET)));
            return Optional.empty();
        } catch (SdkException e) {
            return Optional.of(reason(e));
        }
    }

    // A connection that died while the function was frozen must not use up the whole budget.
    private static AwsRequestOverrideConfiguration within(Duration budget) {
        return AwsRequestOverrideConfiguration.builder()
                .apiCallTimeout(budget)
                .apiCallAttemptTimeout(budget.multipliedBy(2).dividedBy(3))
                .build();
    }

    // Never the message of the exception: it may quote the request.
    private static String reason(SdkException e) {
        return switch (e) {
            case ApiCallTimeoutException _,ApiCallAttemptTimeoutException _,AbortedException _ ->
                "the queue did not answer in time";
            case AwsServiceException refused -> "the queue refused: " + code(refused);
            default -> "the queue is unreachable: " + root(e).getClass().getSimpleName();
        };
    }

    private static String code(AwsServiceException refused) {
        var details = refused.awsErrorDetails();
        @Nullable String code = details == null ? null : details.errorCode();
        return code != null && ERROR_CODE.matcher(code).matches()
                ? code
                : "status " + refused.statusCode();
    }

    private static Throwable root(Throwable e) {
        return e.getCause() == null ? e : root(e.getCause());
    }
}
