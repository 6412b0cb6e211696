package io.dispatcher.node;

import io.dispatcher.AttemptScope;
import io.dispatcher.task.TaskId;
import org.slf4j.MDC;

/** Puts task, type and attempt into every line that a handler logs. */
final class AttemptLog implements AttemptScope {

  private static final String TASK = "task";
  private static final String TYPE = "type";
  private static final String ATTEMPT = "attempt";

  @Override
  public AutoCloseable open(TaskId id, String type, int attempt) {
    MDC.put(TASK, id.text());
    MDC.put(TYPE, type);
    MDC.put(ATTEMPT, Integer.toString(attempt));
    return AttemptLog::close;
  }

  private static void close() {
    MDC.remove(TASK);
    MDC.remove(TYPE);
    MDC.remove(ATTEMPT);
  }
}
