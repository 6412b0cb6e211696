package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.dispatcher.balance.Balancers;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.History;
import io.dispatcher.ledger.Profile;
import io.dispatcher.task.Backoff;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who goes out next of those who wait. */
class TypeQueueTest {

  private final TypeQueue queue =
      new TypeQueue(
          "work",
          Balancers.named(Balancers.DEFAULT),
          new Random(1),
          new Meters(),
          Weights.Rule.DEFAULT);
  private final OwnedBlock block = new OwnedBlock(new BlockId(1, 2, 3), 1, 1, 0, 4);

  private OwnedTask task(int index, int priority, int deaths) {
    Profile profile = new Profile("work", 3, Backoff.DEFAULT, 1_000, 0, 0, priority, 1_000);
    OwnedTask task = new OwnedTask(block, index, profile, null, 0, new byte[0], 0, 0);
    task.history = deaths == 0 ? null : new History(deaths, 0, null, 0, null, false, List.of());
    queue.add(task);
    return task;
  }

  @Test
  void a_crowd_of_suspects_does_not_hold_up_the_others() {
    OwnedTask first = task(0, 5, 2);
    OwnedTask second = task(1, 5, 2);
    OwnedTask other = task(2, 5, 0);
    OwnedTask noted = task(3, 5, 1);

    assertSame(other, queue.waiting.peek(0, false));
    queue.waiting.take(other);
    assertSame(noted, queue.waiting.peek(0, false));
    queue.waiting.take(noted);
    assertNull(queue.waiting.peek(0, false));
    assertSame(first, queue.waiting.peek(0, true));
    queue.waiting.take(first);
    assertSame(second, queue.waiting.peek(0, true));
    assertEquals(1, queue.size());
  }

  @Test
  void suspects_have_their_priorities_too() {
    task(0, 5, 2);
    OwnedTask urgent = task(1, 1, 2);

    assertSame(urgent, queue.waiting.peek(0, true));
    queue.waiting.take(urgent);
    assertEquals(1, queue.size());
  }
}
