package io.dispatcher;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Attempts that end as a test says, in the order in which they started. In virtual time only. */
final class Promises {

  private final List<CompletableFuture<String>> made = new ArrayList<>();

  /** What an asynchronous handler returns. */
  CompletableFuture<String> next() {
    CompletableFuture<String> promise = new CompletableFuture<>();
    made.add(promise);
    return promise;
  }

  /** How many attempts have started. */
  int size() {
    return made.size();
  }

  CompletableFuture<String> get(int attempt) {
    return made.get(attempt);
  }
}
