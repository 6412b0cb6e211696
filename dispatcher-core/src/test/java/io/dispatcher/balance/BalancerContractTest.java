package io.dispatcher.balance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract refuses who breaks it: one that keeps it all, and others with one fault each. */
class BalancerContractTest {

  /** Any candidate, each with the same probability. */
  private static class Fair implements Balancer {
    @Override
    public String name() {
      return "fair";
    }

    @Override
    public Picker picker(Workers workers) {
      return pick -> {
        int chosen = choose(workers, pick, true);
        return chosen < 0 && pick.hasExclusions() ? choose(workers, pick, false) : chosen;
      };
    }

    int choose(Workers workers, Pick pick, boolean exclude) {
      int count = 0;
      int last = -1;
      for (int i = 0; i < workers.size(); i++) {
        if (fits(workers, i, pick, exclude)) {
          count++;
          last = i;
        }
      }
      return count <= 1 ? last : candidate(draw(pick, count), workers, pick, exclude);
    }

    int draw(Pick pick, int count) {
      return pick.random().nextInt(count);
    }

    final int candidate(int before, Workers workers, Pick pick, boolean exclude) {
      int left = before;
      for (int i = 0; ; i++) {
        if (fits(workers, i, pick, exclude) && left-- == 0) {
          return i;
        }
      }
    }

    boolean fits(Workers workers, int i, Pick pick, boolean exclude) {
      return workers.open(i) && workers.weight(i) > 0 && !(exclude && pick.excluded(i));
    }
  }

  // ---------------------------------------------------------------- faults

  private static final class Excluded extends Fair {
    @Override
    boolean fits(Workers workers, int i, Pick pick, boolean exclude) {
      return super.fits(workers, i, pick, false);
    }
  }

  private static final class Closed extends Fair {
    @Override
    boolean fits(Workers workers, int i, Pick pick, boolean exclude) {
      return workers.weight(i) > 0 && !(exclude && pick.excluded(i));
    }
  }

  private static final class Weightless extends Fair {
    @Override
    boolean fits(Workers workers, int i, Pick pick, boolean exclude) {
      return workers.open(i) && !(exclude && pick.excluded(i));
    }
  }

  private static final class NeverTheLast extends Fair {
    @Override
    boolean fits(Workers workers, int i, Pick pick, boolean exclude) {
      return i < workers.size() - 1 && super.fits(workers, i, pick, exclude);
    }
  }

  private static final class GivesUp extends Fair {
    @Override
    public Picker picker(Workers workers) {
      return pick -> choose(workers, pick, true);
    }
  }

  private static final class BeyondTheLast extends Fair {
    @Override
    int choose(Workers workers, Pick pick, boolean exclude) {
      int chosen = super.choose(workers, pick, exclude);
      return chosen == workers.size() - 1 ? workers.size() : chosen;
    }
  }

  private static final class Nobody extends Fair {
    @Override
    int choose(Workers workers, Pick pick, boolean exclude) {
      int chosen = super.choose(workers, pick, exclude);
      return chosen < 0 ? 0 : chosen;
    }
  }

  private static final class DrawsAlways extends Fair {
    @Override
    int choose(Workers workers, Pick pick, boolean exclude) {
      pick.random().nextInt();
      return super.choose(workers, pick, exclude);
    }
  }

  private static final class CountsItself extends Fair {
    @Override
    int choose(Workers workers, Pick pick, boolean exclude) {
      int chosen = super.choose(workers, pick, exclude);
      if (chosen >= 0) {
        ((FakeWorkers) workers).load(chosen, workers.load(chosen) + 1);
      }
      return chosen;
    }
  }

  private static final class Allocates extends Fair {
    private long[] loads = {};

    @Override
    int choose(Workers workers, Pick pick, boolean exclude) {
      loads = new long[workers.size()];
      return super.choose(workers, pick, exclude);
    }
  }

  private static final class AllocatesAtFirst extends Fair {
    private Workers last;
    private long[] loads = {};

    @Override
    int choose(Workers workers, Pick pick, boolean exclude) {
      if (last != workers) {
        last = workers;
        loads = new long[workers.size()];
      }
      return super.choose(workers, pick, exclude) + 0 * loads.length;
    }
  }

  private static final class First extends Fair {
    @Override
    int draw(Pick pick, int count) {
      return 0;
    }
  }

  private static final class NegativeKeys extends Fair {
    @Override
    int draw(Pick pick, int count) {
      return pick.hasKey() ? Math.toIntExact(pick.keyHash() % count) : super.draw(pick, count);
    }

    @Override
    int choose(Workers workers, Pick pick, boolean exclude) {
      int count = workers.size();
      return pick.hasKey() && count == 5 ? draw(pick, count) : super.choose(workers, pick, exclude);
    }
  }

  private static final class OldSnapshot extends Fair {
    private Workers first;

    @Override
    int choose(Workers workers, Pick pick, boolean exclude) {
      first = first == null ? workers : first;
      return super.choose(first, pick, exclude);
    }
  }

  private static final class FollowsSessions extends Fair {
    @Override
    int choose(Workers workers, Pick pick, boolean exclude) {
      return pick.sessions() > 0 ? pick.session(0) : super.choose(workers, pick, exclude);
    }
  }

  private static final class NoName extends Fair {
    @Override
    public String name() {
      return "My Own";
    }
  }

  private static Arguments fault(String test, Supplier<Balancer> balancers) {
    return Arguments.of(Named.of(balancers.get().getClass().getSimpleName(), balancers), test);
  }

  private static Stream<Arguments> whatBreaksItIsRefused() {
    return Stream.of(
        fault("onlyCandidatesAreChosen", Excluded::new),
        fault("onlyCandidatesAreChosen", Closed::new),
        fault("onlyCandidatesAreChosen", Weightless::new),
        fault("onlyCandidatesAreChosen", BeyondTheLast::new),
        fault("onlyCandidatesAreChosen", CountsItself::new),
        fault("onlyCandidatesAreChosen", OldSnapshot::new),
        fault("onlyCandidatesAreChosen", FollowsSessions::new),
        fault("aSingleCandidateNeedsNoChance", NeverTheLast::new),
        fault("aSingleCandidateNeedsNoChance", DrawsAlways::new),
        fault("exclusionsAreIgnoredIfTheyLeaveNobody", GivesUp::new),
        fault("nobodyIsThere", Nobody::new),
        fault("nobodyIsACandidate", Nobody::new),
        fault("nothingIsAllocated", Allocates::new),
        fault("theFirstPicksAllocateNothing", AllocatesAtFirst::new),
        fault("frontsDoNotWalkInStep", First::new),
        fault("anyKeyWillDo", NegativeKeys::new),
        fault("theNameIsOneToWriteInAFile", NoName::new));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource
  void whatBreaksItIsRefused(Supplier<Balancer> balancers, String test) throws Exception {
    Set<String> failed = failed(balancers);
    assertTrue(failed.contains(test), () -> "it failed in " + failed);
  }

  @Test
  void whatKeepsItIsNotRefused() throws Exception {
    assertEquals(Set.of(), failed(Fair::new));
  }

  /** Every test of the contract refuses something here. */
  @Test
  void nothingOfItIsInVain() {
    Set<String> refusing = new TreeSet<>();
    whatBreaksItIsRefused().forEach(fault -> refusing.add((String) fault.get()[1]));
    Set<String> tests = new TreeSet<>();
    for (Method method : BalancerContract.class.getDeclaredMethods()) {
      if (!runs(method).isEmpty()) {
        tests.add(method.getName());
      }
    }
    assertEquals(tests, refusing);
  }

  // ---------------------------------------------------------------- running it

  private static final class Subclass extends BalancerContract {
    private final Supplier<Balancer> balancers;

    Subclass(Supplier<Balancer> balancers) {
      this.balancers = balancers;
    }

    @Override
    protected Balancer create() {
      return balancers.get();
    }
  }

  /** The tests that do not accept these balancers. */
  private static Set<String> failed(Supplier<Balancer> balancers) throws Exception {
    Set<String> failed = new TreeSet<>();
    for (Method test : BalancerContract.class.getDeclaredMethods()) {
      for (Object[] arguments : runs(test)) {
        try {
          test.setAccessible(true);
          test.invoke(new Subclass(balancers), arguments);
        } catch (InvocationTargetException refused) {
          failed.add(test.getName());
          break;
        }
      }
    }
    return failed;
  }

  /** With which arguments the method is run as a test. */
  private static List<Object[]> runs(Method method) {
    List<Object[]> runs = new ArrayList<>();
    if (method.isAnnotationPresent(Test.class)) {
      runs.add(new Object[0]);
    }
    ValueSource values = method.getAnnotation(ValueSource.class);
    if (values != null) {
      Arrays.stream(values.ints()).forEach(value -> runs.add(new Object[] {value}));
    }
    return runs;
  }
}
