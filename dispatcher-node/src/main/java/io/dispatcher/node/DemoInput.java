package io.dispatcher.node;

import io.dispatcher.node.DemoWork.Job;
import io.dispatcher.node.DemoWork.Summary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files with what every task must say of them, computed here by one thread.
 *
 * @param iterations the same for all tasks
 */
record DemoInput(List<Path> files, Map<Path, Summary> expected, int iterations) {

  static DemoInput compute(List<Path> files) {
    int iterations = DemoWork.calibrate();
    Map<Path, Summary> expected = new LinkedHashMap<>();
    for (Path file : files) {
      try {
        expected.put(file, DemoWork.run(new Job(file.toString(), 0, iterations)));
      } catch (IOException e) {
        throw new RunFailed("cannot read " + file + ": " + e.getMessage(), e);
      }
    }
    return new DemoInput(files, expected, iterations);
  }
}
