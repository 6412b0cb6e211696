package io.dispatcher.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchWorkTest {

  @ParameterizedTest
  @ValueSource(ints = {8, 9, 256, 4096})
  void payloads_have_their_length_and_differ(int length) {
    BenchWork work = new BenchWork(length, 64);
    assertEquals(length, work.payload(1).length);
    assertNotEquals(Arrays.toString(work.payload(1)), Arrays.toString(work.payload(2)));
  }

  @Test
  void a_right_result_names_its_node_and_a_wrong_one_is_found() {
    BenchWork work = new BenchWork(256, 64);
    byte[] payload = work.payload(7);
    byte[] result = work.run(payload, 2);
    assertEquals(64, result.length);
    assertEquals(2, work.nodeIfRight(payload, result));
    assertEquals(-1, work.nodeIfRight(work.payload(8), result));
    result[1]++;
    assertEquals(-1, work.nodeIfRight(payload, result));
    assertEquals(-1, work.nodeIfRight(payload, new byte[0]));
  }

  @Test
  void median_of_odd_and_even_counts() {
    assertEquals(2, Bench.median(List.of(3.0, 1.0, 2.0)));
    assertEquals(2.5, Bench.median(List.of(4.0, 1.0, 2.0, 3.0)));
  }
}
