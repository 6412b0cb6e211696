package io.dispatcher;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.dispatcher.cluster.Loop;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which submitters have tasks on which workers, or had lately: what {@code least-connections}
 * spreads. A session opens with a submitter's first task on a worker, and ends when the submitter
 * is closed or had no task there for a minute. Confined to the front's loop.
 */
final class Sessions {

  private static final Duration LONGEST_IDLE = Duration.ofSeconds(60);

  /** Those with tasks out are as many as tasks at most, and those have their own bound. */
  private static final int MOST_IDLE = 100_000;

  private final Cache<Session, Session> idle;

  Sessions(Loop loop) {
    this.idle =
        Caffeine.newBuilder()
            .ticker(loop::now)
            .executor(Runnable::run)
            .expireAfterWrite(LONGEST_IDLE)
            .maximumSize(MOST_IDLE)
            .evictionListener(Sessions::evicted)
            .build();
  }

  /** A worker gets a task. */
  void began(OwnedTask task, WorkerView worker) {
    Session session = session(task.submitter, worker);
    session.out++;
    task.session = session;
  }

  private Session session(@Nullable Submitter submitter, WorkerView worker) {
    if (submitter == null || submitter.closed) {
      worker.sessions++;
      return new Session(this, null, worker);
    }
    for (Session session : submitter.sessions) {
      if (session.worker == worker) {
        if (session.out == 0) {
          // One that was over and not ended yet ends here.
          idle.invalidate(session);
        }
        if (!session.closed) {
          return session;
        }
        break;
      }
    }
    Session session = new Session(this, submitter, worker);
    worker.sessions++;
    submitter.sessions.add(session);
    return session;
  }

  /** A worker no longer has a task. */
  void ended(Session session) {
    if (--session.out > 0 || session.closed) {
      return;
    }
    if (session.submitter == null) {
      close(session);
    } else {
      idle.put(session, session);
    }
  }

  private static void evicted(
      @Nullable Session session, @Nullable Session unusedSame, RemovalCause unusedCause) {
    close(Objects.requireNonNull(session, "nothing here is weak"));
  }

  private static void close(Session session) {
    if (session.closed) {
      return;
    }
    session.closed = true;
    session.worker.sessions--;
    Submitter submitter = session.submitter;
    if (submitter != null) {
      submitter.sessions.remove(session);
    }
  }

  /** The submitter is gone. */
  void closed(Submitter submitter) {
    submitter.closed = true;
    while (!submitter.sessions.isEmpty()) {
      Session last = submitter.sessions.get(submitter.sessions.size() - 1);
      idle.invalidate(last);
      close(last);
    }
  }

  /** Ends what has been idle for too long; to be called about once a second. */
  void expire() {
    idle.cleanUp();
  }
}
