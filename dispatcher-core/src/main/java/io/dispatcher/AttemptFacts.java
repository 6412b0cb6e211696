package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.task.TaskContext;
import io.dispatcher.task.TaskId;
import java.time.Instant;
import java.util.Optional;

/** What is known of an attempt from its delivery on, and does not change. Thread-safe. */
abstract class AttemptFacts implements TaskContext {

  final Registration<?, ?> registration;
  final Worker worker;
  final Loop loop;
  private final Delivery delivery;

  /** Wall-clock milliseconds; 0 = none. What came with the delivery is a time from then on. */
  private final long deadlineAt;

  /** Loop time from which it does not start and does not run; 0 = none. */
  private final long tooLateAt;

  AttemptFacts(Delivery delivery, Registration<?, ?> registration, Worker worker, Loop loop) {
    this.delivery = delivery;
    this.registration = registration;
    this.worker = worker;
    this.loop = loop;
    long left = delivery.deadlineInMillis();
    this.deadlineAt = left == 0 ? 0 : loop.wallMillis() + left;
    this.tooLateAt = left == 0 ? 0 : loop.now() + left * 1_000_000L;
  }

  final Delivery delivery() {
    return delivery;
  }

  final Registration<?, ?> registration() {
    return registration;
  }

  /** Loop time. */
  final long now() {
    return loop.now();
  }

  /** Whether its deadline has passed. */
  final boolean tooLate(long now) {
    return tooLateAt != 0 && now - tooLateAt >= 0;
  }

  /** Nanoseconds; a long time if it has no deadline. */
  final long untilDeadline(long now) {
    return tooLateAt == 0 ? Long.MAX_VALUE : Math.max(0, tooLateAt - now);
  }

  @Override
  public final TaskId id() {
    return delivery.block().task(delivery.index());
  }

  @Override
  public final String type() {
    return delivery.profile().type();
  }

  @Override
  public final Optional<String> key() {
    return Optional.ofNullable(delivery.key());
  }

  @Override
  public final int attempt() {
    return delivery.attempt();
  }

  @Override
  public final long fence() {
    return delivery.attempt();
  }

  @Override
  public final String node() {
    return worker.node();
  }

  @Override
  public final Optional<Instant> deadline() {
    return deadlineAt == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(deadlineAt));
  }
}
