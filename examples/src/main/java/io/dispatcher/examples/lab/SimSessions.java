package io.dispatcher.examples.lab;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that one front counts, as a dispatcher's front does: one opens with a client's first
 * task on a worker, and ends with the client's connection or after a minute without a task.
 */
final class SimSessions {

  private static final long LONGEST_IDLE = 60_000_000_000L;

  /** In the order in which they became so. */
  private final Set<SimSession> idle = new LinkedHashSet<>();

  void began(SimTask task, SimView view) {
    SimSession session = session(task.client, view);
    idle.remove(session);
    session.out++;
    task.session = session;
  }

  private static SimSession session(@Nullable SimClient client, SimView view) {
    if (client != null && !client.closed) {
      for (SimSession open : client.sessions) {
        if (open.view == view) {
          return open;
        }
      }
    }
    SimSession opened = new SimSession(client == null || client.closed ? null : client, view);
    view.sessions++;
    if (opened.client != null) {
      opened.client.sessions.add(opened);
    }
    return opened;
  }

  void ended(SimTask task, long now) {
    SimSession session = task.session;
    task.session = null;
    if (session == null || --session.out > 0) {
      return;
    }
    if (session.client == null) {
      session.view.sessions--;
    } else if (!session.client.closed) {
      session.idleSince = now;
      idle.add(session);
    }
  }

  void closed(SimClient client) {
    client.closed = true;
    for (SimSession session : client.sessions) {
      session.view.sessions--;
      idle.remove(session);
    }
    client.sessions.clear();
  }

  /** Ends what has been idle for too long. */
  void expire(long now) {
    for (Iterator<SimSession> all = idle.iterator(); all.hasNext(); ) {
      SimSession session = all.next();
      if (now - session.idleSince < LONGEST_IDLE) {
        return;
      }
      all.remove();
      session.view.sessions--;
      if (session.client != null) {
        session.client.sessions.remove(session);
      }
    }
  }
}
