package io.dispatcher.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.partition.impl.MigrationManager;
import com.hazelcast.spi.impl.NodeEngineImpl;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Migrations that the oldest member has stopped. It does so for three to six seconds once one of
 * them has failed, as one does in which a node takes part that dies meanwhile: all tasks whose
 * records lack a copy stood still for that long. Half a second is enough not to try in vain all the
 * time. For a join, and for a change of the oldest member, it stops them for less than that.
 * Without it all goes on, only later. Confined to the thread that reads the membership.
 */
final class PausedMigrations {

  private static final Logger log = LoggerFactory.getLogger(PausedMigrations.class);

  private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final HazelcastInstance instance;
  private final NodeEngineImpl engine;
  private boolean paused;
  private long since;
  private boolean failed;

  PausedMigrations(HazelcastInstance instance) {
    this.instance = instance;
    this.engine = (NodeEngineImpl) LedgerHost.engine(instance);
  }

  /** Lets them go on that have been stopped for long; to be called all the time. */
  void resume() {
    if (failed) {
      return;
    }
    try {
      resume(System.nanoTime());
    } catch (RuntimeException | LinkageError e) {
      if (instance.getLifecycleService().isRunning()) {
        failed = true;
        log.warn("Copies of what a node had may be made later than they could be", e);
      }
    }
  }

  private void resume(long now) {
    MigrationManager migrations =
        ((InternalPartitionService) engine.getPartitionService()).getMigrationManager();
    boolean are =
        engine.getNode().getClusterService().isMaster() && !migrations.areMigrationTasksAllowed();
    if (are && !paused) {
      since = now;
    }
    paused = are;
    if (paused && now - since >= LONGEST_NANOS) {
      migrations.resumeMigration();
      paused = false;
    }
  }
}
