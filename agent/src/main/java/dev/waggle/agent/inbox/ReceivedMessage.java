package dev.waggle.agent.inbox;

import java.time.Instant;

/// A message that is in flight: invisible to others until its visibility timeout passes.
///
/// @param id the queue's id of the message
/// @param handle what this receipt is known by to the queue; a later receipt has another
/// @param group what is delivered in order, one after the other: the pushes of one repository
/// @param body the text of the message
/// @param sentAt when the queue took it
/// @param receiveCount how often it has been received, this time included
public record ReceivedMessage(
    String id, String handle, String group, String body, Instant sentAt, int receiveCount) {}
