package dev.waggle.function;

import static dev.waggle.function.Template.ofType;
import static dev.waggle.function.Template.properties;
import static dev.waggle.function.Template.resource;
import static dev.waggle.function.Template.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What `template.yaml` promises of the function, the queues and the rights.
class TemplateTest {
  /// How long Docker Hub may have to wait for an answer.
  private static final Duration WHOLE_ANSWER = Duration.ofSeconds(5);

  /// Starting the JVM and loading classes, which was measured to take half of it: medians of nine
  /// starts on two cores.
  private static final Duration INITIALISATION = Duration.ofSeconds(1);

  /// After which Lambda begins an initialisation anew, as a part of the first invocation
  /// (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
  private static final Duration MAX_INITIALISATION = Duration.ofSeconds(10);

  /// An HTTP API's own limit
  /// (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
  private static final Duration MAX_INTEGRATION = Duration.ofSeconds(30);

  /// None has any part of the path, the query or a header in it.
  private static final Set<String> LOGGED =
      Set.of(
          "$context.requestTime",
          "$context.requestId",
          "$context.identity.sourceIp",
          "$context.routeKey",
          "$context.status",
          "$context.responseLatency",
          "$context.error.message",
          "$context.integrationErrorMessage");

  /// Two pushes of a five-platform image, each under four tags, of six deliveries each.
  private static final int DELIVERIES_AT_ONCE = 2 * 4 * 6;

  private static Duration functionTimeout() {
    return Duration.ofSeconds(properties("Function").required("Timeout").intValue());
  }

  private static JsonNode webhook() {
    return properties("Function").at("/Events/Webhook/Properties");
  }

  @Test
  void answersWithinFiveSecondsEvenWhenCold() {
    assertThat(INITIALISATION.plus(WebhookHandler.WARM_UP_BUDGET).plus(Judge.BUDGET))
        .isLessThanOrEqualTo(WHOLE_ANSWER);
  }

  @Test
  void letsEachTimeLimitBeReachedBeforeTheOneAroundIt() {
    assertThat(Conversation.CONNECT_TIMEOUT).isLessThan(Judge.LOOKUP_BUDGET);
    assertThat(Judge.LOOKUP_BUDGET).isLessThan(Judge.BUDGET);
    assertThat(Judge.BUDGET).isLessThan(functionTimeout());
    assertThat(WebhookHandler.WARM_UP_BUDGET).isLessThan(MAX_INITIALISATION);
    Duration integration = Duration.ofMillis(webhook().required("TimeoutInMillis").intValue());
    assertThat(MAX_INITIALISATION.plus(functionTimeout())).isLessThan(integration);
    assertThat(integration.multipliedBy(2)).isLessThanOrEqualTo(MAX_INTEGRATION);
    assertThat(functionTimeout()).isLessThanOrEqualTo(WHOLE_ANSWER);
  }

  @Test
  void deploysTheJarThatWasTested() throws ReflectiveOperationException {
    JsonNode function = properties("Function");
    assertThat(function.path("CodeUri").asText()).isEqualTo("function/target/function.jar");
    assertThat(resource("Function").at("/Metadata/SkipBuild").booleanValue()).isTrue();
    assertThat(function.path("Runtime").asText()).isEqualTo("java" + Runtime.version().feature());
    assertThat(function.path("Architectures")).isEqualTo(yaml("[arm64]"));
    String[] handler = function.path("Handler").asText().split("::", -1);
    assertThat(Arrays.stream(Class.forName(handler[0]).getMethods()))
        .anyMatch(method -> method.getName().equals(handler[1]));
  }

  @Test
  void letsOneRouteInAndThrottlesIt() {
    assertThat(properties("Function").path("Events")).hasSize(1);
    assertThat(webhook().path("ApiId")).isEqualTo(yaml("!Ref Api"));
    assertThat(webhook().path("Method").asText()).isEqualTo("POST");
    assertThat(webhook().path("Path").asText()).isEqualTo("/hooks/{token}");
    JsonNode limits = properties("Api").path("DefaultRouteSettings");
    assertThat(limits.path("ThrottlingBurstLimit").intValue())
        .isGreaterThanOrEqualTo(DELIVERIES_AT_ONCE);
    assertThat(limits.path("ThrottlingRateLimit").intValue()).isBetween(1, 5);
  }

  @Test
  void neverWritesThePathToTheAccessLog() {
    JsonNode settings = properties("Api").path("AccessLogSettings");
    assertThat(settings.path("DestinationArn")).isEqualTo(yaml("!GetAtt AccessLog.Arn"));
    Stream<JsonNode> values = Resources.json(settings.path("Format").textValue()).valueStream();
    assertThat(values.map(JsonNode::textValue))
        .isNotEmpty()
        .containsExactlyInAnyOrderElementsOf(LOGGED);
  }

  @Test
  void leadsToBothLogs() {
    assertThat(Template.uses("FunctionLog")).contains("/Outputs/FunctionLogCommand/Value");
    assertThat(Template.uses("AccessLog")).contains("/Outputs/AccessLogCommand/Value");
  }

  @Test
  void logsInJsonToAGroupThatForgetsAndGoesWithTheStack() {
    assertThat(properties("Function").path("LoggingConfig"))
        .isEqualTo(yaml("{LogFormat: JSON, LogGroup: !Ref FunctionLog}"));
    assertThat(ofType("AWS::Logs::LogGroup"))
        .containsOnlyKeys("AccessLog", "FunctionLog")
        .allSatisfy(
            (name, group) -> assertThat(group.path("RetentionInDays").intValue()).isBetween(1, 90));
  }

  @Test
  void leavesNothingBehindWhenItIsDeleted() {
    for (Map.Entry<String, JsonNode> resource : Template.TREE.path("Resources").properties()) {
      for (String policy : List.of("DeletionPolicy", "UpdateReplacePolicy")) {
        assertThat(resource.getValue().path(policy).asText("Delete"))
            .as("%s of %s", policy, resource.getKey())
            .isEqualTo("Delete");
      }
    }
  }

  @Test
  void keepsEveryQueueFifoEncryptedAndBehindTls() {
    Map<String, JsonNode> queues = ofType("AWS::SQS::Queue");
    assertThat(queues).containsOnlyKeys("Queue", "DeadLetterQueue");
    queues.forEach(
        (name, queue) -> {
          assertThat(queue.path("FifoQueue").booleanValue()).as("FIFO: %s", name).isTrue();
          assertThat(queue.path("SqsManagedSseEnabled").booleanValue())
              .as("encrypted: %s", name)
              .isTrue();
          assertThat(properties(name + "Policy"))
              .isEqualTo(
                  yaml(
                      """
                      Queues: [!Ref NAME]
                      PolicyDocument:
                        Version: "2012-10-17"
                        Statement:
                          - Effect: Deny
                            Principal: "*"
                            Action: sqs:*
                            Resource: !GetAtt NAME.Arn
                            Condition: {Bool: {aws:SecureTransport: "false"}}
                      """
                          .replace("NAME", name)));
        });
  }

  @Test
  void keepsWhatTheAgentGaveUpAtLeastAsLongAsWhatWaits() {
    JsonNode queue = properties("Queue");
    JsonNode deadLetters = properties("DeadLetterQueue");
    assertThat(queue.at("/RedrivePolicy/deadLetterTargetArn"))
        .isEqualTo(yaml("!GetAtt DeadLetterQueue.Arn"));
    assertThat(deadLetters.path("RedriveAllowPolicy"))
        .isEqualTo(
            yaml(
                """
                redrivePermission: byQueue
                sourceQueueArns: [!Sub "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:%s"]
                """
                    .formatted(queue.at("/QueueName/Fn::Sub").textValue())));
    assertThat(Duration.ofSeconds(queue.path("MessageRetentionPeriod").longValue()))
        .isEqualTo(Duration.ofDays(14));
    assertThat(deadLetters.path("MessageRetentionPeriod").longValue())
        .isGreaterThanOrEqualTo(queue.path("MessageRetentionPeriod").longValue());
  }

  /// Each resource with the actions that are allowed on it.
  private static Map<JsonNode, Set<String>> rights(JsonNode document) {
    Map<JsonNode, Set<String>> rights =
        new TreeMap<>((one, another) -> one.toString().compareTo(another.toString()));
    for (JsonNode statement : document.required("Statement")) {
      assertThat(statement.path("Effect").asText()).isEqualTo("Allow");
      Set<String> actions =
          rights.computeIfAbsent(statement.required("Resource"), _ -> new TreeSet<>());
      statement.required("Action").forEach(action -> actions.add(action.textValue()));
    }
    return rights;
  }

  @Test
  void letsTheFunctionWriteItsLogAndSendToItsQueueAndNothingElse() {
    JsonNode role = properties("FunctionRole");
    assertThat(properties("Function").path("Role")).isEqualTo(yaml("!GetAtt FunctionRole.Arn"));
    assertThat(role.at("/AssumeRolePolicyDocument/Statement"))
        .isEqualTo(
            yaml(
                """
                - Effect: Allow
                  Principal: {Service: lambda.amazonaws.com}
                  Action: sts:AssumeRole
                """));
    assertThat(role.has("ManagedPolicyArns")).isFalse();
    assertThat(role.path("Policies")).hasSize(1);
    assertThat(rights(role.at("/Policies/0/PolicyDocument")))
        .isEqualTo(
            Map.of(
                yaml("!GetAtt FunctionLog.Arn"),
                Set.of("logs:CreateLogStream", "logs:PutLogEvents"),
                yaml("!GetAtt Queue.Arn"),
                Set.of("sqs:SendMessage", "sqs:GetQueueAttributes")));
  }

  @Test
  void letsTheAgentTakeFromItsQueueAndNothingElse() {
    JsonNode document = properties("AgentPolicy").path("PolicyDocument");
    assertThat(rights(document))
        .isEqualTo(
            Map.of(
                yaml("!GetAtt Queue.Arn"),
                Set.of(
                    "sqs:ReceiveMessage",
                    "sqs:DeleteMessage",
                    "sqs:ChangeMessageVisibility",
                    "sqs:GetQueueAttributes")));
    assertThat(document.at("/Statement/0/Condition"))
        .isEqualTo(
            yaml(
                """
                !If
                - AgentHasAddress
                - {IpAddress: {aws:SourceIp: !Split [",", !Ref AgentAddresses]}}
                - !Ref AWS::NoValue
                """));
  }

  @Test
  void givesTheAgentAKeyOrACertificateButNeverBoth() {
    JsonNode conditions = Template.TREE.path("Conditions");
    assertThat(conditions.path("AgentHasKey"))
        .isEqualTo(yaml("!Equals [!Ref AgentCaCertificate, '']"));
    assertThat(conditions.path("AgentHasCertificate"))
        .isEqualTo(yaml("!Not [!Condition AgentHasKey]"));
    assertThat(resource("AgentUser").path("Condition").asText()).isEqualTo("AgentHasKey");
    for (String name : List.of("AgentRole", "AgentTrustAnchor", "AgentProfile")) {
      assertThat(resource(name).path("Condition").asText())
          .as(name)
          .isEqualTo("AgentHasCertificate");
    }
    JsonNode policy = properties("AgentPolicy");
    assertThat(policy.path("Users"))
        .isEqualTo(yaml("!If [AgentHasKey, [!Ref AgentUser], !Ref AWS::NoValue]"));
    assertThat(policy.path("Roles"))
        .isEqualTo(yaml("!If [AgentHasCertificate, [!Ref AgentRole], !Ref AWS::NoValue]"));
    for (JsonNode identity : List.of(resource("AgentUser"), resource("AgentRole"))) {
      assertThat(identity.path("Properties").has("Policies")).isFalse();
      assertThat(identity.path("Properties").has("ManagedPolicyArns")).isFalse();
    }
  }

  @Test
  void trustsOnlyOneNameOfOneCertificateAuthority() {
    assertThat(properties("AgentRole").at("/AssumeRolePolicyDocument/Statement"))
        .isEqualTo(
            yaml(
                """
                - Effect: Allow
                  Principal: {Service: rolesanywhere.amazonaws.com}
                  Action: [sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity]
                  Condition:
                    ArnEquals: {aws:SourceArn: !GetAtt AgentTrustAnchor.TrustAnchorArn}
                    StringEquals:
                      aws:PrincipalTag/x509Subject/CN: !Ref AgentCertificateName
                """));
    assertThat(properties("AgentTrustAnchor").path("Enabled").booleanValue()).isTrue();
    assertThat(properties("AgentProfile").path("Enabled").booleanValue()).isTrue();
    assertThat(properties("AgentProfile").path("RoleArns"))
        .containsExactly(yaml("!GetAtt AgentRole.Arn"));
  }

  @Test
  void allowsNothingToEveryoneAndNothingOnEverything() {
    Map<String, JsonNode> allowed = Template.statements();
    allowed.values().removeIf(statement -> statement.path("Effect").asText().equals("Deny"));
    assertThat(allowed)
        .hasSize(6)
        .allSatisfy(
            (place, statement) -> {
              assertThat(statement.properties())
                  .extracting(Map.Entry::getKey)
                  .isSubsetOf("Effect", "Principal", "Action", "Resource", "Condition");
              for (String part : List.of("Principal", "Action", "Resource")) {
                assertThat(statement.path(part).toString()).as(part).doesNotContain("*");
              }
            });
  }

  @Test
  void needsNoFurtherCapabilityThanIamWithoutNames() {
    Pattern name = Pattern.compile("(Role|User|Group|ManagedPolicy)Name|Path|PermissionsBoundary");
    for (Map.Entry<String, JsonNode> resource : Template.TREE.path("Resources").properties()) {
      if (resource.getValue().path("Type").asText().startsWith("AWS::IAM::")) {
        assertThat(resource.getValue().path("Properties").properties())
            .as(resource.getKey())
            .extracting(Map.Entry::getKey)
            .noneMatch(property -> name.matcher(property).matches());
      }
    }
  }

  @Test
  void skipsNoRuleOfCheckovWithoutAReason() throws IOException {
    String config = Files.readString(Path.of("..", ".checkov.yaml"));
    String decisions = Files.readString(Path.of("..", "docs", "decisions", "template-rules.md"));
    List<String> rules =
        yaml(config).path("skip-check").valueStream().map(JsonNode::textValue).toList();
    assertThat(rules)
        .isNotEmpty()
        .allSatisfy(
            rule -> {
              assertThat(decisions).containsPattern("\\b" + rule + "\\b");
              assertThat(config).containsPattern("  # .{30,}\n  - " + rule + "\n");
            });
    assertThat(
            Pattern.compile("CKV_AWS_[0-9]+").matcher(decisions).results().map(MatchResult::group))
        .containsExactlyInAnyOrderElementsOf(rules);
  }

  @Test
  void tellsNoSecret() {
    assertThat(Template.TREE.path("Parameters").properties())
        .filteredOn(parameter -> parameter.getValue().path("NoEcho").booleanValue())
        .extracting(Map.Entry::getKey)
        .containsExactly("TokenSha256");
    assertThat(Template.uses("TokenSha256"))
        .containsExactly(
            "/Resources/Function/Properties/Environment/Variables/WAGGLE_TOKEN_SHA256");
    assertThat(ofType("AWS::IAM::AccessKey")).isEmpty();
  }
}
