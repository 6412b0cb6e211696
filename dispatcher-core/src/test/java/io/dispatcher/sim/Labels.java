package io.dispatcher.sim;

import io.dispatcher.cluster.Frame;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Block;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Change;
import io.dispatcher.ledger.TaskEntry;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.TaskId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Short names for the trace: {@code B7#3@2} is attempt 2 of task 3 of the seventh block of the run.
 */
final class Labels {

  private final Map<BlockId, String> blocks = new HashMap<>();

  /** Names are given in the order in which blocks appear. */
  String of(BlockId id) {
    return blocks.computeIfAbsent(id, block -> "B" + (blocks.size() + 1));
  }

  String of(TaskRef task) {
    return of(task.block()) + "#" + task.index();
  }

  /** With the attempt that wrote it, 0 for a payload, and its place among that one's. */
  String of(ValueId id) {
    return of(id.block()) + "#" + id.index() + "@" + id.attempt() + "." + id.sequence();
  }

  String of(TaskId id) {
    return TaskRef.of(id).map(this::of).orElse(id.text());
  }

  String of(Block block) {
    List<String> entries = new ArrayList<>();
    for (int i = 0; i < block.size(); i++) {
      TaskEntry entry = block.entry(i);
      entries.add("#" + i + "@" + entry.attempt() + " " + entry.state().text().substring(0, 4));
    }
    return of(block.id())
        + " v"
        + block.version().counter()
        + " of "
        + block.owner().node()
        + "!"
        + block.ownerEpoch()
        + " "
        + entries;
  }

  String of(BlockId id, Change change) {
    List<String> items = new ArrayList<>();
    if (change instanceof Change.Settle settle) {
      for (Change.Settlement item : settle.items()) {
        items.add(
            "#"
                + item.index()
                + "@"
                + item.attempt()
                + (item.failure() == null ? " ok" : " failed"));
      }
    } else if (change instanceof Change.Reissue reissue) {
      reissue.items().forEach(item -> items.add(of(item)));
      items.add(reissue.cause().name());
    } else if (change instanceof Change.Begin begin) {
      begin.items().forEach(item -> items.add(of(item)));
    } else if (change instanceof Change.Withdraw withdraw) {
      withdraw.items().forEach(item -> items.add(of(item)));
    } else if (change instanceof Change.End end) {
      end.items().forEach(item -> items.add(of(item)));
      items.add(end.end().name());
    } else if (change instanceof Change.Create create) {
      items.add(create.block().size() + " tasks");
    } else if (change instanceof Change.Forget forget) {
      forget.indexes().forEach(index -> items.add("#" + index));
    }
    return change.getClass().getSimpleName()
        + " "
        + of(id)
        + " "
        + items
        + " w"
        + Long.toHexString(change.write() >>> 48);
  }

  private static String of(Change.Item item) {
    return "#" + item.index() + "@" + item.attempt();
  }

  String of(Frame frame) {
    return "["
        + frame.number()
        + " ack "
        + frame.handled()
        + "] "
        + (frame.message() == null ? "-" : of(frame.message()));
  }

  String of(Message message) {
    String name = message.getClass().getSimpleName();
    if (message instanceof Message.Deliver deliver) {
      List<String> items = new ArrayList<>();
      deliver.items().forEach(item -> items.add(of(item.ref()) + "@" + item.attempt()));
      return name + " " + items;
    }
    if (message instanceof Message.Returned returned) {
      return name + " " + attempts(returned.items()) + " " + returned.why();
    }
    if (message instanceof Message.Fenced fenced) {
      return name + " " + attempts(fenced.items());
    }
    if (message instanceof Message.Stop stop) {
      return name + " " + attempts(stop.items());
    }
    if (message instanceof Message.Settled settled) {
      List<String> items = new ArrayList<>();
      settled
          .items()
          .forEach(
              item ->
                  items.add(
                      of(new TaskRef(item.block(), item.index()))
                          + "@"
                          + item.attempt()
                          + " "
                          + item.state().text()
                          + (item.state().isFinal() ? "" : " next @" + item.nextAttempt())));
      return name + " " + items + " " + settled.room();
    }
    if (message instanceof Message.Watch watch) {
      return name + " " + of(watch.task());
    }
    if (message instanceof Message.Watched watched) {
      return name + " " + of(watched.task()) + " " + watched.state();
    }
    if (message instanceof Message.Cancel cancel) {
      return name + " " + of(cancel.task());
    }
    if (message instanceof Message.Cancelled cancelled) {
      return name + " " + of(cancelled.task()) + " " + cancelled.done();
    }
    if (message instanceof Message.Report report) {
      return name + " " + report.room();
    }
    if (message instanceof Message.ViewTold told) {
      return name + " " + told.question() + " of " + told.view().length + " bytes";
    }
    return message.toString();
  }

  private String attempts(List<Message.Attempt> items) {
    List<String> names = new ArrayList<>();
    items.forEach(item -> names.add(of(item.ref()) + "@" + item.attempt()));
    return names.toString();
  }
}
