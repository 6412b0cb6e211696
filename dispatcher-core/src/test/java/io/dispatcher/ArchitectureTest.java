package io.dispatcher;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.hazelcast.map.IMap;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The arrows between packages, and what keeps the engine deterministic. */
@AnalyzeClasses(packages = "io.dispatcher", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String TASK = "io.dispatcher.task";
  private static final String JSON = "io.dispatcher.json";
  private static final String BALANCE = "io.dispatcher.balance";
  private static final String LEDGER = "io.dispatcher.ledger";
  private static final String CLUSTER = "io.dispatcher.cluster";
  private static final String ENGINE = "io.dispatcher";
  private static final String HAZELCAST = "io.dispatcher.hazelcast";
  private static final String CLIENT = "io.dispatcher.client";
  private static final String VERTX = "io.dispatcher.vertx";

  private static final String JACKSON = "com.fasterxml.jackson..";
  private static final String CAFFEINE = "com.github.benmanes.caffeine..";
  private static final String LOGGING = "org.slf4j..";

  /** The only classes of the engine that may create threads. */
  private static final Set<String> THREAD_OWNERS =
      Set.of("io.dispatcher.Pools", "io.dispatcher.Pool", "io.dispatcher.Callbacks");

  // Package arrows

  @ArchTest static final ArchRule task = mayImport(TASK);
  @ArchTest static final ArchRule json = mayImport(JSON, TASK, JACKSON);
  @ArchTest static final ArchRule balance = mayImport(BALANCE, TASK);
  @ArchTest static final ArchRule ledger = mayImport(LEDGER, TASK);
  @ArchTest static final ArchRule cluster = mayImport(CLUSTER, TASK, LEDGER);
  @ArchTest static final ArchRule client = mayImport(CLIENT, TASK, "javax.net.ssl..");

  @ArchTest
  static final ArchRule engine =
      mayImport(ENGINE, TASK, JSON, BALANCE, LEDGER, CLUSTER, CAFFEINE, LOGGING);

  @ArchTest
  static final ArchRule hazelcast =
      mayImport(HAZELCAST, TASK, LEDGER, CLUSTER, "com.hazelcast..", LOGGING);

  @ArchTest
  static final ArchRule vertx =
      mayImport(VERTX, TASK, LEDGER, CLUSTER, HAZELCAST, CLIENT, "io.vertx..", LOGGING);

  /** A new package has to be given its arrows here. */
  @ArchTest
  static final ArchRule everyPackageHasItsArrows =
      classes()
          .should()
          .resideInAnyPackage(
              TASK, JSON, BALANCE, LEDGER, CLUSTER, ENGINE, HAZELCAST, CLIENT, VERTX);

  // Ledger calls

  /**
   * Every write to the ledger is one entry processor on one key, which runs whole or not at all. A
   * call on several keys can stop half-way, and a plain write skips the transitions.
   */
  private static final Pattern MAP_WRITES =
      Pattern.compile(
          "(put|set|replace|remove|delete|evict|compute|merge|lock|try|forceUnlock).*"
              + "|submitToKeys|executeOnKeys|executeOnEntries|unlock|clear|loadAll");

  /** These match the pattern, and write nothing. */
  private static final Pattern MAP_LISTENERS =
      Pattern.compile("remove(.*Listener|Interceptor)|.*PartitionLostListener");

  @ArchTest
  static final ArchRule oneKeyPerLedgerCall =
      classes()
          .should(
              neverCall(
                  "a map write other than submitToKey",
                  call ->
                      call.getTargetOwner().isAssignableTo(IMap.class)
                          && MAP_WRITES.matcher(call.getName()).matches()
                          && !MAP_LISTENERS.matcher(call.getName()).matches()));

  // Determinism: time, chance and threads reach the engine through its constructor, which is what
  // lets the simulator replay a run from a seed.

  private static final Map<String, Pattern> TIME_AND_CHANCE =
      Map.of(
          "java.lang.System", Pattern.compile("currentTimeMillis|nanoTime"),
          "java.time.Clock", Pattern.compile("system.*|tick.*"),
          "java.lang.Thread", Pattern.compile("sleep|onSpinWait"),
          "java.util.concurrent.TimeUnit", Pattern.compile("sleep"),
          "java.util.concurrent.locks.LockSupport", Pattern.compile("park(Nanos|Until)"),
          "java.util.concurrent.CompletableFuture",
              Pattern.compile("orTimeout|completeOnTimeout|delayedExecutor"),
          "java.lang.Math", Pattern.compile("random"),
          "java.util.UUID", Pattern.compile("randomUUID"),
          "java.util.Date", Pattern.compile("<init>"),
          "java.util.Calendar", Pattern.compile("getInstance"));

  private static final Pattern TIME_TYPES = Pattern.compile("java\\.time\\.(chrono\\.)?\\w+");

  private static final Pattern CHANCE_TYPES =
      Pattern.compile(
          "java\\.util\\.(Random|SplittableRandom|concurrent\\.ThreadLocalRandom)"
              + "|java\\.security\\.SecureRandom|java\\.util\\.random\\..+");

  private static final Pattern CHANCE_SOURCES =
      Pattern.compile("<init>|current|of|getDefault|create|getInstance.*");

  private static final Map<String, Pattern> THREADS =
      Map.of(
          "java.util.concurrent.Executors", Pattern.compile("new.*|defaultThreadFactory"),
          "java.util.concurrent.ThreadPoolExecutor", Pattern.compile("<init>"),
          "java.util.concurrent.ScheduledThreadPoolExecutor", Pattern.compile("<init>"),
          "java.util.concurrent.ForkJoinPool", Pattern.compile("<init>|commonPool"),
          "java.util.Timer", Pattern.compile("<init>"));

  private static final Pattern THREAD_STARTS =
      Pattern.compile("<init>|startVirtualThread|ofVirtual|ofPlatform");

  @ArchTest static final ArchRule noClockOrChance = inEngine(neverReadClockOrChance());

  @ArchTest
  static final ArchRule noThreads =
      classes()
          .that()
          .resideInAnyPackage(ENGINE, LEDGER, BALANCE)
          .and(not(describe("thread owners", c -> THREAD_OWNERS.contains(outermost(c).getName()))))
          .should(neverCreateThreads())
          .allowEmptyShould(true);

  /** The rules bite: the counts are those of {@link Offender}. */
  @Test
  void forbiddenCallsAreFound() {
    JavaClasses offender = new ClassFileImporter().importClasses(Offender.class);

    assertEquals(8, violations(inEngine(neverReadClockOrChance()), offender));
    assertEquals(4, violations(inEngine(neverCreateThreads()), offender));
    assertEquals(4, violations(oneKeyPerLedgerCall, offender));
    assertNotEquals(0, violations(mayImport(ENGINE, TASK, LOGGING), offender));
  }

  private static int violations(ArchRule rule, JavaClasses classes) {
    return rule.evaluate(classes).getFailureReport().getDetails().size();
  }

  private static ArchRule mayImport(String from, String... others) {
    String[] allowed = new String[others.length + 3];
    allowed[0] = from;
    allowed[1] = "java..";
    allowed[2] = "org.jspecify..";
    System.arraycopy(others, 0, allowed, 3, others.length);
    return classes()
        .that()
        .resideInAPackage(from)
        .should()
        .onlyDependOnClassesThat(resideInAnyPackage(allowed))
        .allowEmptyShould(true);
  }

  private static ArchRule inEngine(ArchCondition<JavaClass> condition) {
    return classes()
        .that()
        .resideInAnyPackage(ENGINE, LEDGER, BALANCE)
        .should(condition)
        .allowEmptyShould(true);
  }

  private static ArchCondition<JavaClass> neverReadClockOrChance() {
    return neverCall(
        "a clock or a source of chance",
        call -> {
          String owner = call.getTargetOwner().getName();
          String name = call.getName();
          return matches(TIME_AND_CHANCE, owner, name)
              || (TIME_TYPES.matcher(owner).matches() && name.equals("now"))
              || (CHANCE_TYPES.matcher(owner).matches() && CHANCE_SOURCES.matcher(name).matches())
              || isShuffleWithoutSource(call);
        });
  }

  private static boolean isShuffleWithoutSource(JavaCodeUnitAccess<?> call) {
    return call.getTargetOwner().getName().equals("java.util.Collections")
        && call.getName().equals("shuffle")
        && call.getTarget().getRawParameterTypes().size() == 1;
  }

  private static ArchCondition<JavaClass> neverCreateThreads() {
    return neverCall(
        "what creates threads",
        call -> {
          String name = call.getName();
          return matches(THREADS, call.getTargetOwner().getName(), name)
              || (call.getTargetOwner().isAssignableTo(Thread.class)
                  && THREAD_STARTS.matcher(name).matches())
              || usesTheCommonPool(call);
        });
  }

  /** The async methods of a future that are not given an executor. */
  private static boolean usesTheCommonPool(JavaCodeUnitAccess<?> call) {
    return call.getTargetOwner().isAssignableTo("java.util.concurrent.CompletionStage")
        && call.getName().endsWith("Async")
        && call.getTarget().getRawParameterTypes().stream()
            .noneMatch(type -> type.isEquivalentTo(Executor.class));
  }

  private static boolean matches(Map<String, Pattern> calls, String owner, String name) {
    Pattern names = calls.get(owner);
    return names != null && names.matcher(name).matches();
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
  }

  private static ArchCondition<JavaClass> neverCall(
      String what, Predicate<JavaCodeUnitAccess<?>> forbidden) {
    return new ArchCondition<>("never call " + what) {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        // Calls and method references.
        for (JavaCodeUnitAccess<?> call : type.getCodeUnitAccessesFromSelf()) {
          if (forbidden.test(call)) {
            events.add(SimpleConditionEvent.violated(call, call.getDescription()));
          }
        }
      }
    };
  }

  @SuppressWarnings({"unused", "ReturnValueIgnored", "CheckReturnValue", "DeadThread"})
  private static final class Offender {
    void readsClockOrChance(List<String> list) throws InterruptedException {
      System.nanoTime();
      Supplier<Instant> now = Instant::now;
      Thread.sleep(1);
      TimeUnit.SECONDS.sleep(1);
      new Random(1);
      ThreadLocalRandom.current();
      UUID.randomUUID();
      Collections.shuffle(list);
    }

    void createsThreads(Runnable work) {
      new Thread(work);
      Executors.newCachedThreadPool();
      CompletableFuture.runAsync(work);
      new CompletableFuture<Void>().thenRunAsync(work);
    }

    void writesTheLedger(IMap<String, String> map) {
      map.put("a", "b");
      map.putAll(Map.of());
      map.submitToKeys(Set.of(), entry -> null);
      map.tryLock("a");
      map.removeEntryListener(new UUID(0, 0));
      map.submitToKey("a", entry -> null);
      map.get("a");
    }
  }
}
