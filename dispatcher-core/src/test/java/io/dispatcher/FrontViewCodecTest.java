package io.dispatcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dispatcher.ledger.Peer;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FrontViewCodecTest {

  private static final FrontView.Fault FAULT =
      new FrontView.Fault(new Peer("w", -7), 12, "left", 3, 1, 0.5, 700.25);
  private static final ClusterView.FailureGroup FAILURE =
      new ClusterView.FailureGroup("work", "java.lang.Error", "ä".repeat(1024), 9, "b1", 17);

  private static FrontView.Type type(String name) {
    long[] queueing = new long[Histogram.BUCKETS];
    queueing[0] = 1;
    queueing[Histogram.BUCKETS - 1] = Long.MAX_VALUE;
    long[] total = new long[Histogram.BUCKETS];
    Arrays.fill(total, 3);
    return new FrontView.Type(
        name, true, 1, Map.of("delayed", 1L), 2.5, 3, 4, 5, 6, 7, 8.5, queueing, total);
  }

  private static FrontView view(List<FrontView.Type> types) {
    return new FrontView(
        new Readiness(false, "store 1 of 3"),
        true,
        true,
        11,
        types,
        List.of(FAULT),
        List.of(FAILURE),
        Map.of("w", List.of("work", "other")));
  }

  @Test
  void a_view_arrives_as_it_was() throws IOException {
    FrontView sent = view(List.of(type("work"), type("other")));

    FrontView read = FrontViewCodec.decode(FrontViewCodec.encode(sent));

    assertEquals(sent.readiness(), read.readiness());
    assertTrue(read.leaving() && read.whole());
    assertEquals(11, read.unfinished());
    assertEquals(List.of(FAULT), read.faults());
    assertEquals(List.of(FAILURE), read.failures());
    assertEquals(sent.ejected(), read.ejected());
    assertEquals(2, read.types().size());
    FrontView.Type one = sent.types().get(0);
    FrontView.Type other = read.types().get(0);
    assertArrayEquals(one.queueing(), other.queueing());
    assertArrayEquals(one.total(), other.total());
    assertEquals(one.reasons(), other.reasons());
    assertEquals(one.donePerSecond(), other.donePerSecond());
  }

  @Test
  void too_many_types_for_one_message_are_left_out_and_that_is_said() throws IOException {
    byte[] bytes =
        FrontViewCodec.encode(
            view(IntStream.range(0, 10_000).mapToObj(i -> type("type-" + i)).toList()));

    FrontView read = FrontViewCodec.decode(bytes);

    assertTrue(bytes.length < 600_000, bytes.length + " bytes");
    assertFalse(read.whole());
    assertEquals("type-0", read.types().get(0).name());
  }

  @Test
  void what_is_cut_or_of_another_format_is_refused() {
    byte[] bytes = FrontViewCodec.encode(view(List.of(type("work"))));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThrows(IOException.class, () -> FrontViewCodec.decode(cut));
    }
    bytes[0] = 9;
    assertThrows(IOException.class, () -> FrontViewCodec.decode(bytes));
  }
}
