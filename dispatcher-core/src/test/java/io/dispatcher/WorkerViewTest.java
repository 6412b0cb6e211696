package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.cluster.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkerViewTest {
  private final WorkerView view = new WorkerView(null, null, 0);

  private void reports(boolean closed, int held) {
    view.report(new Message.Report(new Message.Room(0, held, held), closed, 0, 0, held), 1);
  }

  @Test
  void it_rests_only_by_a_load_of_after_it_was_closed() {
    reports(false, 0);
    assertFalse(view.rests(), "it may take something");
    view.offers(new Message.Offer(List.of(), 1, null, true));
    assertFalse(view.rests(), "its load is of before");

    reports(true, 1);
    assertFalse(view.rests(), "it holds something");
    view.room(new Message.Room(0, 0, 0), 2);
    assertTrue(view.rests());

    view.suspect(true);
    assertFalse(view.rests(), "it is not heard of");
  }
}
