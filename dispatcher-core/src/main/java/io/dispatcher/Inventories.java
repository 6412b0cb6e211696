package io.dispatcher;

import io.dispatcher.cluster.Loop;
import io.dispatcher.cluster.Message;
import io.dispatcher.ledger.Peer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Asks all workers which of the tasks that this front has adopted they hold. What one holds goes on
 * there; what nobody does goes out again. Confined to the front's loop.
 */
final class Inventories {

  /** What workers were asked and have not all answered. */
  private record Question(List<OwnedTask> tasks, Set<Peer> open) {}

  private final Loop loop;
  private final Owned owned;
  private final Router router;
  private final Map<Long, Question> questions = new HashMap<>();
  private final List<OwnedTask> unasked = new ArrayList<>();
  private long questionNumber;
  private boolean asking;

  Inventories(Loop loop, Owned owned, Router router) {
    this.loop = loop;
    this.owned = owned;
    this.router = router;
  }

  /** Asks once for all that this turn and those behind it adopted. */
  void ask(OwnedTask task) {
    unasked.add(task);
    if (!asking) {
      asking = true;
      loop.execute(this::ask);
    }
  }

  private void ask() {
    asking = false;
    List<OwnedTask> tasks = List.copyOf(unasked);
    unasked.clear();
    for (int from = 0; from < tasks.size(); from += Message.MAX_ITEMS) {
      ask(tasks.subList(from, Math.min(tasks.size(), from + Message.MAX_ITEMS)));
    }
  }

  private void ask(List<OwnedTask> tasks) {
    List<Message.Attempt> items = new ArrayList<>(tasks.size());
    for (OwnedTask task : tasks) {
      items.add(OwnerWrites.attempt(task));
    }
    Set<Peer> open = new HashSet<>();
    long number = ++questionNumber;
    for (WorkerView view : router.workers()) {
      // One that has lapsed is not waited for; should it thaw, it is told to stop what it has.
      if (!view.lapsed) {
        open.add(view.member.peer());
      }
      view.channel.send(new Message.Inventory(number, List.copyOf(items)));
    }
    Question question = new Question(tasks, open);
    questions.put(number, question);
    closeIfAnswered(number, question);
  }

  /** A worker told what it holds. */
  void holding(Peer worker, Message.Holding answer) {
    WorkerView view = router.worker(worker);
    Question question = questions.get(answer.question());
    WorkerView holder = question == null || view == null || view.lapsed ? null : view;
    List<Message.Attempt> late = new ArrayList<>();
    for (Message.Attempt item : answer.items()) {
      OwnedTask task = owned.find(item);
      if (holder == null
          || task == null
          || task.isFinal()
          || task.attempt != item.attempt()
          || !task.adopting
          || task.block.recreating) {
        late.add(item);
      } else if (task.worker == null) {
        router.holds(holder, task);
      }
    }
    if (view != null && !late.isEmpty()) {
      Message.parts(late).forEach(part -> view.channel.send(new Message.Stop(part)));
    }
    if (question != null && question.open.remove(worker)) {
      closeIfAnswered(answer.question(), question);
    }
  }

  /** A worker does not answer: what it holds is not counted on. */
  void silent(Peer worker) {
    for (Map.Entry<Long, Question> entry : List.copyOf(questions.entrySet())) {
      if (entry.getValue().open.remove(worker)) {
        closeIfAnswered(entry.getKey(), entry.getValue());
      }
    }
  }

  private void closeIfAnswered(long number, Question question) {
    if (question.open.isEmpty() && questions.remove(number) != null) {
      owned.adopted(question.tasks);
    }
  }

  /** Hands nothing out any more. */
  void stop() {
    questions.clear();
    unasked.clear();
  }
}
