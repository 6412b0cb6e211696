package io.dispatcher.node.chaos;

import io.dispatcher.Dispatcher;
import io.dispatcher.node.ParentLink;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** What the parent of a run asks of every process that submits. */
record Requests(Dispatcher dispatcher, List<Load> loads, Consumer<Line> history)
    implements ParentLink.Service {

  @Override
  public Object answer(List<String> request) throws InterruptedException {
    switch (request.get(0)) {
      case "load" -> loads.forEach(load -> load.start(Double.parseDouble(request.get(1))));
      case "stop" -> stop();
      case "open" -> {
        return loads.stream().mapToInt(Load::open).sum();
      }
      case "state" -> {
        return State.of(dispatcher);
      }
      case "view" -> {
        return View.of(dispatcher);
      }
      case "ownerless" -> {
        return dispatcher.readiness().ready() ? dispatcher.figures().orphanedSeconds() : -1;
      }
      case "watch" ->
          request
              .subList(1, request.size())
              .forEach(task -> Reader.read(dispatcher, task, history));
      case "read" -> {
        // Its name may have spaces.
        Path file = Path.of(String.join(" ", request.subList(1, request.size())));
        new Reader(dispatcher, file, history, Chaos.PATIENCE).readAll();
      }
      default -> throw new IllegalArgumentException("no request " + request);
    }
    return 0;
  }

  /** They submit nothing any more. */
  void stop() throws InterruptedException {
    for (Load load : loads) {
      load.stop();
    }
  }
}
