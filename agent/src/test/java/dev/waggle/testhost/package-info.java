/// The real parts that integration tests and the demo run on: a private Docker engine in swarm mode
/// with a registry that answers as Docker Hub, images, a client that keeps requesting, and an SQS
/// server.
///
/// Start with [dev.waggle.testhost.PrivateEngine#start]. Everything started here ends with its
/// `close`, and also when this JVM is killed; nothing of the user's own Docker is touched. The
/// package knows nothing of the agent or the function.
@NullMarked
package dev.waggle.testhost;

import org.jspecify.annotations.NullMarked;
