package dev.waggle.agent.logging;

import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/// Gives SLF4J its loggers: information from our own code on, warnings and worse from libraries.
public final class JsonLogging implements SLF4JServiceProvider {

  private static final String OUR_CODE = "dev.waggle.";

  private static volatile boolean standardError;

  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter context = new NOPMDCAdapter();

  /// Called by SLF4J.
  public JsonLogging() {}

  /// Has loggers that are asked for from now on write to standard error: the standard output of a
  /// command is its answer.
  public static void toStandardError() {
    standardError = true;
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return name ->
        new JsonLogger(name, name.startsWith(OUR_CODE), standardError ? System.err : System.out);
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return context;
  }

  @Override
  public String getRequestedApiVersion() {
    return "2.0.99";
  }

  @Override
  public void initialize() {}
}
