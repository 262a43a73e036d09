package dev.waggle.faults;

import com.fasterxml.jackson.databind.JsonNode;
import dev.waggle.testhost.RequestingClient;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What a run left behind, as engine, queue, registry and client show it, and what the agent said
/// of it.
///
/// @param answers what the webhook answered, delivery by delivery
/// @param taken the messages that the queue took, oldest first
/// @param left how many of them the queue still holds
/// @param deadLetters what the queue gave up, word by word
/// @param malformed how many messages that cannot be read were put on the queue
/// @param services by their names
/// @param tags what each tag of the repository named, one digest after the other
/// @param takenAway when a tag that had named something was taken away again
/// @param healthy the digests of images that become healthy
/// @param closings the agents' lines that close a push, with the number of the agent
/// @param letters the notifications that came
/// @param killed the numbers of the agents that were killed
/// @param settled the endings that no other agent need tell
/// @param records what the agent remembers in the end, by the service's name
/// @param otherLines what else the agent wrote that is no JSON, which it must not
/// @param operator what a second operator did
/// @param client how the client's requests were answered, empty where none was there
/// @param unfinished why the run was given up before all was quiet, empty if it was not
record Observation(
    List<Answered> answers,
    List<Message> taken,
    int left,
    List<String> deadLetters,
    int malformed,
    Map<String, Observed> services,
    Map<String, List<String>> tags,
    Map<String, Instant> takenAway,
    Set<String> healthy,
    List<JsonNode> closings,
    List<JsonNode> letters,
    Set<Integer> killed,
    Set<Settled> settled,
    Map<String, JsonNode> records,
    List<String> otherLines,
    List<Operation> operator,
    Optional<RequestingClient.Counts> client,
    Optional<String> unfinished) {

  /// @param push the number of the push
  record Answered(int push, int status, String deliveryId) {}

  /// A message of the function's.
  ///
  /// @param digest empty where the registry did not prove the push
  record Message(
      String deliveryId, String tag, Optional<String> digest, String pushedAt, int push) {}

  /// @param first its specification before the run
  /// @param last its specification after it
  /// @param running what its tasks run in the end, one for each task that is wanted
  /// @param seen what was seen throughout
  record Observed(JsonNode first, JsonNode last, List<Running> running, Watch.Seen seen) {}

  record Running(String slot, String digest) {}

  /// An ending that an agent marked as told or, where no service wanted the push, whose message it
  /// deleted.
  ///
  /// @param service its name, `all` where none wanted the push
  record Settled(int agent, String deliveryId, String service) {}

  /// @param pointer the field that was set
  /// @param value to which value
  /// @param rolledBackLater whether Swarm itself was seen going back with the service afterwards
  record Operation(String service, String pointer, JsonNode value, boolean rolledBackLater) {}
}
