package dev.waggle.function;

import static dev.waggle.function.Template.ofType;
import static dev.waggle.function.Template.properties;
import static dev.waggle.function.Template.resource;
import static dev.waggle.function.Template.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// What `template.yaml` lets an operator notice.
class TemplateAlarmsTest {
  private static final Map<String, String> NAMES =
      Map.of("AWS::StackName", "waggle", "AWS::Region", "eu-central-1");

  private static final String OWN = "Waggle/waggle";

  /// The dimension of each namespace that we use, and those of its metrics that there are.
  private static final Map<String, String> DIMENSIONS =
      Map.of("AWS/SQS", "QueueName", "AWS/Lambda", "FunctionName", "AWS/ApiGateway", "ApiId");

  private static final Map<String, Set<String>> METRICS =
      Map.of(
          "AWS/SQS",
          Set.of(
              "ApproximateAgeOfOldestMessage",
              "ApproximateNumberOfMessagesVisible",
              "ApproximateNumberOfMessagesNotVisible",
              "NumberOfEmptyReceives",
              "NumberOfMessagesReceived"),
          "AWS/Lambda",
          Set.of("Errors", "Throttles"),
          "AWS/ApiGateway",
          Set.of("4xx", "5xx", "Latency"));

  private record Metric(String namespace, String name, Map<String, String> dimensions) {}

  private static Metric metric(String namespace, String name, String resource) {
    return new Metric(namespace, name, Map.of(DIMENSIONS.getOrDefault(namespace, ""), resource));
  }

  /// Of an alarm on one metric, or of those that an alarm on an expression computes with.
  private static List<Metric> metrics(JsonNode alarm) {
    if (!alarm.has("Metrics")) {
      return List.of(metricOf(alarm));
    }
    return alarm
        .path("Metrics")
        .valueStream()
        .filter(query -> query.has("MetricStat"))
        .map(query -> metricOf(query.at("/MetricStat/Metric")))
        .toList();
  }

  private static Metric metricOf(JsonNode node) {
    Map<String, String> dimensions = new TreeMap<>();
    for (JsonNode dimension : node.path("Dimensions")) {
      JsonNode value = dimension.path("Value");
      dimensions.put(
          dimension.path("Name").textValue(),
          value.has("Fn::GetAtt")
              ? value.at("/Fn::GetAtt/0").textValue()
              : value.path("Ref").textValue());
    }
    return new Metric(
        Template.text(node.path("Namespace"), NAMES),
        node.path("MetricName").textValue(),
        dimensions);
  }

  private static Duration watched(JsonNode alarm) {
    JsonNode period =
        alarm.has("Period") ? alarm.path("Period") : alarm.findValue("MetricStat").path("Period");
    return Duration.ofSeconds(period.intValue())
        .multipliedBy(alarm.path("EvaluationPeriods").intValue());
  }

  private static void assertSounds(String alarm, String comparison, int threshold) {
    assertThat(properties(alarm).path("ComparisonOperator").textValue()).isEqualTo(comparison);
    assertThat(properties(alarm).path("Threshold").intValue()).isEqualTo(threshold);
  }

  /// What is counted of a log, each pattern with the name of its metric.
  private static Map<String, String> counted(String log) {
    Map<String, String> counted = new TreeMap<>();
    ofType("AWS::Logs::MetricFilter")
        .forEach(
            (name, filter) -> {
              JsonNode count = filter.at("/MetricTransformations/0");
              assertThat(Template.text(count.path("MetricNamespace"), NAMES)).isEqualTo(OWN);
              assertThat(count.path("MetricValue").textValue()).as(name).isEqualTo("1");
              assertThat(count.required("DefaultValue").intValue()).isZero();
              if (filter.path("LogGroupName").equals(yaml("!Ref " + log))) {
                counted.put(
                    filter.path("FilterPattern").textValue(), count.path("MetricName").textValue());
              }
            });
    return counted;
  }

  @Test
  void countsEveryVerdictOfTheFunctionsLogAndWhatIsDoubtful() {
    Map<String, String> expected = new TreeMap<>();
    for (Verdict.Kind verdict : Verdict.Kind.values()) {
      expected.put(
          "{ $.verdict = \"%s\" }".formatted(verdict),
          verdict.name().charAt(0) + verdict.toString().substring(1));
    }
    expected.put(
        "{ $.evidence = \"%s\" }".formatted(Evidence.Standing.CONTRADICTED), "Contradicted");
    Verdict missing =
        Verdicts.ALL.stream().filter(Verdict.TagNotInRegistry.class::isInstance).findFirst().get();
    expected.put("{ $.message = \"%s\" }".formatted(missing.words()), "NotInRegistry");
    expected.put("{ $.limited IS TRUE }", "Limited");
    assertThat(counted("FunctionLog")).isEqualTo(expected);
  }

  @Test
  void countsWhatTheThrottleTurnsAwayBeforeTheFunction() {
    assertThat(counted("AccessLog")).isEqualTo(Map.of("{ $.status = \"429\" }", "TurnedAway"));
  }

  @Test
  void saysOfEveryAlarmWhatMissingDataMeans() {
    Map<String, String> meanings = new TreeMap<>();
    ofType("AWS::CloudWatch::Alarm")
        .forEach(
            (name, alarm) ->
                meanings.put(name, alarm.path("TreatMissingData").asText("nothing said")));
    assertThat(meanings)
        .isEqualTo(
            Map.of(
                "DeadLetters",
                "ignore", // of a queue that nobody touches; the letters lie there still
                "WaitingPush",
                "notBreaching", // of a queue that nobody touches
                "NoAgentPolling",
                "breaching", // of a queue that nobody asks
                "FailedRequests",
                "notBreaching", // without requests
                "RefusedRequestsPilingUp",
                "notBreaching",
                "ContradictedPush",
                "notBreaching",
                "TurnedAwayDelivery",
                "notBreaching",
                "MissingTag",
                "notBreaching",
                "DockerHubLimits",
                "notBreaching"));
  }

  @Test
  void sendsEveryAlarmToTheAddressIfThereIsOne() {
    JsonNode topic = yaml("!If [AlarmsAreSent, [!Ref AlarmTopic], !Ref AWS::NoValue]");
    assertThat(ofType("AWS::CloudWatch::Alarm"))
        .allSatisfy(
            (name, alarm) -> {
              assertThat(alarm.path("AlarmActions")).isEqualTo(topic);
              assertThat(alarm.path("AlarmDescription").asText()).hasSizeGreaterThan(60);
            });
    assertThat(resource("AlarmTopic").path("Condition").asText()).isEqualTo("AlarmsAreSent");
    assertThat(properties("AlarmTopic").path("Subscription"))
        .isEqualTo(yaml("[{Protocol: email, Endpoint: !Ref AlarmEmail}]"));
  }

  @Test
  void letsOnlyTheStacksAlarmsSendMail() {
    assertThat(resource("AlarmTopicPolicy").path("Condition").asText()).isEqualTo("AlarmsAreSent");
    assertThat(properties("AlarmTopicPolicy"))
        .isEqualTo(
            yaml(
                """
                Topics: [!Ref AlarmTopic]
                PolicyDocument:
                  Version: "2012-10-17"
                  Statement:
                    - Effect: Allow
                      Principal: {Service: cloudwatch.amazonaws.com}
                      Action: sns:Publish
                      Resource: !Ref AlarmTopic
                      Condition:
                        StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}
                        ArnLike:
                          aws:SourceArn: !Sub "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:\\
                            ${AWS::AccountId}:alarm:${AWS::StackName}-*"
                    - Effect: Deny
                      Principal: "*"
                      Action: sns:Publish
                      Resource: !Ref AlarmTopic
                      Condition: {Bool: {aws:SecureTransport: "false"}}
                """));
  }

  @Test
  void noticesDeadLetters() {
    assertThat(metrics(properties("DeadLetters")))
        .containsExactly(
            metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "DeadLetterQueue"));
    assertSounds("DeadLetters", "GreaterThanThreshold", 0);
  }

  @Test
  void noticesWhatLiesOnTheQueueForTenMinutesHoweverOftenItIsReceived() {
    JsonNode alarm = properties("WaitingPush");
    assertThat(metrics(alarm))
        .containsExactly(
            metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Queue"),
            metric("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Queue"));
    assertThat(expression(alarm, "Maximum")).isEqualTo("FILL(visible, 0) + FILL(hidden, 0)");
    assertSounds("WaitingPush", "GreaterThanThreshold", 0);
    assertThat(watched(alarm)).isEqualTo(Duration.ofMinutes(10));
    assertThat(alarm.findValue("MetricStat").path("Period").intValue()).isEqualTo(60);
    assertThat(alarm.has("DatapointsToAlarm")).isFalse(); // all of them
  }

  @Test
  void noticesWhenNoAgentHasAskedForFifteenMinutes() {
    JsonNode alarm = properties("NoAgentPolling");
    assertThat(metrics(alarm))
        .containsExactly(
            metric("AWS/SQS", "NumberOfEmptyReceives", "Queue"),
            metric("AWS/SQS", "NumberOfMessagesReceived", "Queue"));
    assertThat(expression(alarm, "Sum")).isEqualTo("FILL(empty, 0) + FILL(full, 0)");
    assertSounds("NoAgentPolling", "LessThanThreshold", 1);
    assertThat(watched(alarm)).isEqualTo(Duration.ofMinutes(15));
    assertThat(alarm.has("DatapointsToAlarm")).isFalse(); // all of them
  }

  @Test
  void noticesEveryErrorThatASenderSawOrTheFunctionHad() {
    JsonNode alarm = properties("FailedRequests");
    assertThat(metrics(alarm))
        .containsExactly(
            metric("AWS/ApiGateway", "5xx", "Api"), metric("AWS/Lambda", "Errors", "Function"));
    assertThat(expression(alarm, "Sum")).isEqualTo("FILL(answers, 0) + FILL(errors, 0)");
    assertSounds("FailedRequests", "GreaterThanThreshold", 0);
  }

  /// The one result, of sums that are not results themselves.
  private static String expression(JsonNode alarm, String statistic) {
    List<String> expressions = new ArrayList<>();
    for (JsonNode query : alarm.path("Metrics")) {
      if (query.has("Expression")) {
        expressions.add(query.path("Expression").textValue());
      } else {
        assertThat(query.path("ReturnData").asText()).isEqualTo("false");
        assertThat(query.at("/MetricStat/Stat").asText()).isEqualTo(statistic);
      }
    }
    assertThat(expressions).hasSize(1);
    return expressions.getFirst();
  }

  @Test
  void noticesRefusedRequestsOnlyWhenTheyAreMoreThanOnePushMakes() {
    JsonNode alarm = properties("RefusedRequestsPilingUp");
    assertThat(metrics(alarm)).containsExactly(new Metric(OWN, "Refused", Map.of()));
    assertThat(alarm.path("Statistic").textValue()).isEqualTo("Sum");
    assertThat(alarm.path("ComparisonOperator").textValue()).isEqualTo("GreaterThanThreshold");
    assertThat(alarm.path("Threshold").intValue()).isBetween(6, 20);
  }

  @Test
  void noticesEveryContradictedPush() {
    assertThat(metrics(properties("ContradictedPush")))
        .containsExactly(new Metric(OWN, "Contradicted", Map.of()));
    assertSounds("ContradictedPush", "GreaterThanThreshold", 0);
  }

  @Test
  void noticesEveryDeliveryThatMayBeLost() {
    Map.of("TurnedAwayDelivery", "TurnedAway", "MissingTag", "NotInRegistry")
        .forEach(
            (alarm, metric) -> {
              assertThat(metrics(properties(alarm)))
                  .containsExactly(new Metric(OWN, metric, Map.of()));
              assertThat(properties(alarm).path("Statistic").textValue()).isEqualTo("Sum");
              assertThat(properties(alarm).path("AlarmDescription").textValue())
                  .contains("push again");
              assertSounds(alarm, "GreaterThanThreshold", 0);
            });
  }

  @Test
  void noticesWhenDockerHubLimitsUsSeveralTimesWithinMinutes() {
    JsonNode alarm = properties("DockerHubLimits");
    assertThat(metrics(alarm)).containsExactly(new Metric(OWN, "Limited", Map.of()));
    assertThat(alarm.path("Statistic").textValue()).isEqualTo("Sum");
    assertSounds("DockerHubLimits", "GreaterThanThreshold", 2);
    assertThat(watched(alarm)).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void showsOnTheDashboardOnlyWhatThereIs() {
    JsonNode body =
        Resources.json(Template.text(properties("Dashboard").path("DashboardBody"), NAMES));
    Set<String> shown = new HashSet<>();
    for (JsonNode widget : body.path("widgets")) {
      JsonNode properties = widget.path("properties");
      if (widget.path("type").asText().equals("alarm")) {
        assertThat(properties.path("alarms").valueStream().map(JsonNode::textValue))
            .containsExactlyInAnyOrderElementsOf(
                ofType("AWS::CloudWatch::Alarm").keySet().stream()
                    .map(alarm -> alarm + ".Arn")
                    .toList());
        continue;
      }
      assertThat(properties.path("region").textValue()).isEqualTo("eu-central-1");
      for (JsonNode line : properties.path("metrics")) {
        if (!line.path(0).has("expression")) {
          assertThereIs(line);
          shown.add(line.path(1).textValue());
        }
      }
    }
    assertThat(shown)
        .contains("Accepted", "Ignored", "Refused", "Failed")
        .contains("TurnedAway", "NotInRegistry", "Contradicted", "Limited")
        .containsAll(METRICS.get("AWS/SQS"))
        .contains("Errors", "5xx", "Latency");
  }

  /// A line is namespace, metric, perhaps a dimension with its value, and how it looks.
  private static void assertThereIs(JsonNode line) {
    String namespace = line.path(0).textValue();
    String name = line.path(1).textValue();
    if (namespace.equals(OWN)) {
      assertThat(ofType("AWS::Logs::MetricFilter").values())
          .extracting(filter -> filter.at("/MetricTransformations/0/MetricName").asText())
          .contains(name);
      assertThat(line).hasSize(3);
    } else {
      assertThat(METRICS.get(namespace)).as(namespace).contains(name);
      assertThat(line.path(2).textValue()).isEqualTo(DIMENSIONS.get(namespace));
      assertThat(line).hasSize(5);
    }
  }

  @Test
  void costsTwentyCentsAMonthBeyondWhatCloudWatchGivesAway() { // aws.amazon.com/cloudwatch/pricing
    int watched =
        ofType("AWS::CloudWatch::Alarm").values().stream()
            .mapToInt(alarm -> metrics(alarm).size())
            .sum();
    int free = 10; // and ten cents for each one more
    assertThat(watched).isLessThanOrEqualTo(free + 2);
    assertThat(ofType("AWS::CloudWatch::Dashboard")).hasSizeLessThanOrEqualTo(3);
    assertThat(ofType("AWS::Logs::MetricFilter")).hasSizeLessThanOrEqualTo(10);
  }
}
