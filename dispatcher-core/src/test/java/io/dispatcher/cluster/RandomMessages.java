package io.dispatcher.cluster;

import io.dispatcher.cluster.Message.Attempt;
import io.dispatcher.cluster.Message.Delivery;
import io.dispatcher.cluster.Message.Offered;
import io.dispatcher.cluster.Message.Room;
import io.dispatcher.cluster.Message.Settlement;
import io.dispatcher.ledger.BlockId;
import io.dispatcher.ledger.Peer;
import io.dispatcher.ledger.Profile;
import io.dispatcher.ledger.TaskRef;
import io.dispatcher.ledger.Value;
import io.dispatcher.ledger.ValueId;
import io.dispatcher.task.Backoff;
import io.dispatcher.task.Failure;
import io.dispatcher.task.Placement;
import io.dispatcher.task.TaskState;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Messages of all kinds, with contents at random. */
final class RandomMessages {

  final Random random;
  private BlockId lastBlock;
  private Profile lastProfile;

  RandomMessages(long seed) {
    this.random = new Random(seed);
    this.lastBlock = block();
    this.lastProfile = profile();
  }

  private Message.Share share() {
    return new Message.Share(
        block(), number(), list(() -> new Message.Idle(random.nextInt(256), random.nextInt())));
  }

  List<Supplier<Message>> kinds() {
    return List.of(
        () -> new Message.Deliver(list(this::delivery)),
        () -> new Message.Returned(list(this::attempt), one(Message.Returned.Why.values())),
        () -> new Message.Settled(list(this::settlement), room()),
        () -> new Message.Fenced(list(this::attempt), room()),
        () -> new Message.Stop(list(this::attempt)),
        this::offer,
        () ->
            new Message.Report(room(), random.nextBoolean(), number(), number(), random.nextInt()),
        () -> new Message.Watch(task()),
        () ->
            new Message.Watched(
                task(),
                random.nextBoolean(),
                text(),
                one(TaskState.values()),
                maybe(this::text),
                maybe(this::text),
                random.nextInt(),
                maybe(this::text),
                maybe(this::text),
                maybe(this::placement)),
        () -> new Message.Cancel(task()),
        () -> new Message.Cancelled(task(), random.nextBoolean()),
        () -> new Message.Progress(attempt(), text()),
        () -> new Message.Inventory(number(), list(this::attempt)),
        () -> new Message.Holding(number(), list(this::attempt)),
        () -> new Message.ViewAsk(number()),
        () -> new Message.ViewTold(number(), bytes()),
        () ->
            new Message.HandOver(
                list(this::share), list(() -> new Peer(text(), random.nextLong()))),
        () -> new Message.TakenOver(list(this::block), list(this::block)),
        () -> new Message.Yield(list(this::attempt)),
        () -> new Message.Drain(random.nextBoolean()),
        () -> new Message.LetterAsk(number(), bytes()),
        () -> new Message.LetterTold(number(), bytes()));
  }

  private Message.Offer offer() {
    int slots = slots();
    Double[] weights = {null, (double) slots, random.nextDouble()};
    return new Message.Offer(
        list(
            () ->
                new Offered(
                    text(), text(), slots(), random.nextBoolean() ? 0 : random.nextDouble())),
        slots,
        one(weights),
        random.nextBoolean());
  }

  private int slots() {
    return random.nextInt() >>> 1;
  }

  private Delivery delivery() {
    if (random.nextInt(5) == 0) {
      lastBlock = block();
    }
    if (random.nextInt(5) == 0) {
      lastProfile = profile();
    }
    return new Delivery(
        lastBlock,
        random.nextInt(3),
        random.nextInt(3),
        random.nextInt(256),
        random.nextInt(),
        random.nextInt(3),
        random.nextInt(3),
        lastProfile,
        maybe(this::text),
        bytes(),
        random.nextBoolean() ? 0 : number());
  }

  private Settlement settlement() {
    int attempt = random.nextInt(1000);
    return new Settlement(
        random.nextBoolean() ? lastBlock : block(),
        random.nextInt(2),
        random.nextInt(256),
        attempt,
        one(TaskState.values()),
        attempt + random.nextInt(2),
        random.nextBoolean() ? 0 : number(),
        maybe(this::value),
        maybe(this::bytes),
        maybe(this::failure));
  }

  private Attempt attempt() {
    return new Attempt(
        random.nextBoolean() ? lastBlock : block(),
        random.nextInt(2),
        random.nextInt(256),
        random.nextInt());
  }

  private Value value() {
    ValueId id =
        new ValueId(
            block(), random.nextInt(256), random.nextLong(), random.nextInt(), random.nextInt());
    return switch (random.nextInt(3)) {
      case 0 -> Value.inline(bytes());
      case 1 -> Value.stored(id, random.nextInt(1 << 20));
      default -> new Value(null, null, random.nextInt(100));
    };
  }

  private Failure failure() {
    return new Failure(text(), text(), text(), text(), random.nextInt(100));
  }

  private Placement placement() {
    return new Placement(
        text(),
        text(),
        maybe(this::text),
        random.nextInt(),
        Instant.ofEpochMilli(number()),
        list(
            () ->
                new Placement.Candidate(
                    text(),
                    text(),
                    number(),
                    random.nextInt(),
                    random.nextDouble(),
                    number(),
                    random.nextDouble(),
                    random.nextBoolean(),
                    maybe(this::text))),
        random.nextInt(1000));
  }

  private Room room() {
    return new Room(random.nextInt(), random.nextInt(100), random.nextInt(5));
  }

  private TaskRef task() {
    return new TaskRef(block(), random.nextInt(256));
  }

  BlockId block() {
    return new BlockId(random.nextInt(0x10000), random.nextLong(), random.nextLong());
  }

  Profile profile() {
    Duration initial = Duration.ofNanos(random.nextInt(Integer.MAX_VALUE));
    return new Profile(
        text(),
        random.nextInt(),
        new Backoff(
            initial,
            1 + random.nextDouble(),
            initial.plusMillis(random.nextInt(100_000)),
            random.nextDouble()),
        number(),
        number(),
        number(),
        random.nextInt(10),
        number());
  }

  long number() {
    return random.nextLong() >>> random.nextInt(64);
  }

  <T> T one(T[] values) {
    return values[random.nextInt(values.length)];
  }

  private <T> T maybe(Supplier<T> value) {
    return random.nextBoolean() ? value.get() : null;
  }

  private <T> List<T> list(Supplier<T> item) {
    return Stream.generate(item).limit(random.nextInt(20)).toList();
  }

  private byte[] bytes() {
    byte[] bytes = new byte[random.nextInt(300)];
    random.nextBytes(bytes);
    return bytes;
  }

  private String text() {
    int[] kinds = {'a', 'z', 0, 0x7f, 0x80, 'ä', 0x20ac, 0x1f600};
    int[] points = random.ints(random.nextInt(200), 0, kinds.length).map(i -> kinds[i]).toArray();
    if (random.nextBoolean()) {
      Arrays.fill(points, 'x');
    }
    return new String(points, 0, points.length);
  }
}
