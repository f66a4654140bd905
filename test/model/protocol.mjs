// Checks protocol.pml with spin: each scene exhaustively, and that each planted bug gives a counterexample.
// `node test/model/protocol.mjs [name…]` plays those scenes and bugs only. Needs spin and a C compiler.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireTool } from '../support/tools.mjs';

const model = fileURLToPath(new URL('protocol.pml', import.meta.url));
const root = fileURLToPath(new URL('../../.tmp/model', import.meta.url));

/** Who does what: sets of replicas, of which 1 is the first, 2 the second, 4 the third; and how often what happens. Four writes where nothing else is said. All in memory, at most 8 GB: `pair` and `united` would need more with reports beside exchanges. */
const scenes = {
  /** One works and all serve; one dies, another shuts down, and answers are lost. */
  drain: { HOLDERS: 1, CRASHES: 1, LEAVES: 1, REPORTS: 1 },
  /** The same, with a connection that the network closes and a presence that is refused. */
  resets: { HOLDERS: 1, RESETS: 1, REFUSALS: 1, REPORTS: 1 },
  /** Redis comes back empty while one works, and somebody new comes. */
  newcomer: { HOLDERS: 1, LOSSES: 1, NEWCOMERS: 4, SERVERS: 6, REPORTS: 1 },
  /** Two want the lock, and all serve. */
  holders: { HOLDERS: 3, SERVERS: 7, REPORTS: 1 },
  /** One of them dies. */
  heirs: { HOLDERS: 3, SERVERS: 4, CRASHES: 1, REPORTS: 1 },
  /** Two want the lock of a Redis that comes back empty, and a third one puts back what it knows, too. */
  locks: { HOLDERS: 3, SERVERS: 0, LOSSES: 1, REPORTS: 1 },
  /** Two operators, and one that serves; pushes come late, doubled, or never. */
  operators: { OPERATORS: 3, SERVERS: 4, PUSHES: 1, REPORTS: 1 },
  /** Two operators that serve themselves, and one that only listens. */
  pair: { OPERATORS: 3, SERVERS: 3, PUSHES: 1 },
  /** One works and another switches, over a Redis that comes back empty; a third one puts back what it knows, too. */
  united: { HOLDERS: 1, OPERATORS: 2, SERVERS: 2, LOSSES: 1, WRITES: 3 },
  /** The same without the third one, and with one write more. */
  reunited: { HOLDERS: 1, OPERATORS: 2, SERVERS: 2, LOSSES: 1, ABSENT: 4, REPORTS: 1 },
  /** As `united`, over one that comes back without its last write and what was told since, so that numbers are given out again. */
  failover: { HOLDERS: 1, OPERATORS: 2, SERVERS: 2, FAILOVERS: 1, REPORTS: 1 },
  /** Three want the lock, one dies: who gives up leaves what the others left behind. */
  left: { HOLDERS: 7, SERVERS: 0, CRASHES: 1, WRITES: 5 },
  /** Two want the lock of a Redis that loses the locks alone. */
  leases: { HOLDERS: 3, SERVERS: 0, LOCK_LOSSES: 1 },
  /** Two want the lock of a Redis that starts again, or takes over, with the data of an earlier moment. */
  older: { HOLDERS: 3, SERVERS: 0, FAILOVERS: 1, OLDER: 1 },
  /** Two want the lock; the third serves, and unsets the key; the network closes a connection. */
  unset: { HOLDERS: 3, UNSETS: 4, SERVERS: 4, RESETS: 1 },
  /** One works and another serves and unsets the key, over a Redis that comes back empty. */
  ended: { HOLDERS: 1, UNSETS: 2, SERVERS: 2, LOSSES: 1, ABSENT: 4 },
};

/**
 * What bug gives a counterexample in which scene, with which replicas absent, and which of the bugs in test/faults/mutants.ts it
 * stands for.
 * @type {Record<string, { scene: keyof typeof scenes, absent?: number, seeded?: string[] }>}
 */
const bugs = {
  NO_LEASE: { scene: 'drain', seeded: ['no-lease', 'silence-is-consent', 'stale-is-served'] },
  LEASE_OUTLIVES_PRESENCE: { scene: 'resets', seeded: ['lease-outlives-presence'] },
  UNSEEN_IS_TRUSTED: { scene: 'resets', seeded: ['refused-is-in-touch'] },
  SILENT_IS_GONE: { scene: 'drain', seeded: ['silent-is-gone', 'purge-of-the-living', 'dead-by-the-clock'] },
  LEAVES_TOO_SOON: { scene: 'drain', seeded: ['leaves-too-soon'] },
  LIST_IS_BELIEVED: { scene: 'newcomer' },
  STRANGERS_LIST: { scene: 'newcomer' },
  NOBODY_VOUCHES: { scene: 'newcomer', seeded: ['nobody-vouches'] },
  LOCK_BEFORE_STATE: { scene: 'newcomer' },
  EMPTY_IS_OFF: { scene: 'newcomer' },
  OLD_IS_NEWS: { scene: 'newcomer', seeded: ['old-is-news'] },
  NO_PUT_BACK: { scene: 'newcomer', seeded: ['no-put-back'] },
  NEWCOMER_WINS: { scene: 'reunited', seeded: ['newcomer-wins'] },
  LATER_WINS: { scene: 'failover', absent: 4, seeded: ['merge-loses'] },
  DELTA_IS_LOST: { scene: 'drain', seeded: ['lost-delta'] },
  ANY_PUSH_IS_BELIEVED: { scene: 'operators', seeded: ['any-push-is-believed'] },
  TOLD_BEFORE_APPLIED: { scene: 'drain', seeded: ['told-before-applied'] },
  OLD_ANSWER_COUNTS: { scene: 'operators' },
  REPORT_FORGETS_CALLS: { scene: 'drain', seeded: ['report-leaves-out-calls', 'report-is-made-before'] },
  ANY_WRITE_WILL_DO: { scene: 'reunited', seeded: ['any-write-will-do', 'missing-not-told'] },
  REVISION_IS_ENOUGH: { scene: 'failover', absent: 4 },
  REVISION_REUSED: { scene: 'failover', absent: 4 },
  DRAINS_ITSELF_ONLY: { scene: 'drain', seeded: ['drains-itself-only'] },
  DRAINS_OTHERS_ONLY: {
    scene: 'drain',
    seeded: ['drains-others-only', 'counts-by-close-only', 'counts-by-handler-only'],
  },
  GIVES_UP_AND_WORKS: { scene: 'drain', seeded: ['drain-gives-up-and-works'] },
  LOCK_FOR_ALL: { scene: 'holders', seeded: ['lock-for-all'] },
  UNLOCK_WITHOUT_TOKEN: { scene: 'holders', seeded: ['unlock-without-token'] },
  CONSTANT_FENCE: { scene: 'holders', seeded: ['constant-fence'] },
  LOSS_IS_NOT_TOLD: { scene: 'holders', seeded: ['loss-not-told', 'lease-not-renewed'] },
  LOCKS_ARE_FORGOTTEN: { scene: 'locks', absent: 4 },
  LOST_LEASES_ARE_FREE: { scene: 'leases' },
  OLDER_LOCKS_ARE_BELIEVED: { scene: 'older' },
  LEAVES_FOR_OTHERS: { scene: 'left' },
  UNSET_FREES_LOCK: { scene: 'unset' },
  DEAD_HOLDER_OPENS: { scene: 'heirs', seeded: ['dead-holder-opens'] },
  HEIR_BEFORE_WORK: { scene: 'heirs', seeded: ['heir-before-work'] },
  RELEASE_ENDS_OTHER_HOLDS: { scene: 'holders', seeded: ['release-ends-other-holds'] },
  SWITCH_ENDS_HOLDS: { scene: 'reunited', seeded: ['switch-off-ends-holds'] },
  WRITE_WITHOUT_COMPARE: { scene: 'operators', seeded: ['write-without-compare'] },
  CONFLICT_IS_SUCCESS: { scene: 'operators', seeded: ['conflict-taken-for-success'] },
  FAILURE_IS_IGNORED: { scene: 'operators', seeded: ['failed-write-ignored'] },
  LATE_WRITE_LANDS: { scene: 'operators', seeded: ['late-write-lands'] },
};

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (error || status !== 0)
    throw new Error(`${command} failed: ${error?.message ?? `${stdout}${stderr}`.slice(-2_000)}`);
  return stdout;
}

/** @param {string} name @param {keyof typeof scenes} scene @param {string} [bug] @param {number} [absent] */
function check(name, scene, bug, absent = 0) {
  const folder = join(root, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const played = { ...scenes[scene], ...(absent > 0 && { ABSENT: absent }) };
  const defines = Object.entries(played).map(([key, value]) => `-D${key}=${value}`);
  run(requireTool('spin'), ['-a', ...defines, ...(bug ? [`-DBUG_${bug}`] : []), model], folder);
  run(
    requireTool('cc'),
    ['-O2', '-DSAFETY', '-DNOFAIR', ...(bug ? ['-DBFS'] : []), '-DMEMLIM=8000', '-w', '-o', 'pan', 'pan.c'],
    folder,
  );
  const begun = performance.now();
  const out = run('./pan', bug ? ['-w22'] : ['-m400000', '-w26'], folder);
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  const broken = /assertion violated[^)]*\)|assertion violated.*/.exec(out)?.[0];
  const errors = Number(/errors: (\d+)/.exec(out)?.[1] ?? NaN);
  const states = /(\S+) states, stored/.exec(out)?.[1];
  const memory = (Number(/(\S+)\s+total actual memory usage/.exec(out)?.[1] ?? NaN) / 1_024).toFixed(1);
  const depth = /depth reached (\d+)/.exec(out)?.[1];
  // what was cut off is not exhaustive
  const cut = /max search depth too small|out of memory|Search not completed/.test(out);
  const caught = errors > 0 && broken !== undefined;
  const good = bug ? caught : errors === 0 && !cut;
  const verdict = bug
    ? caught
      ? `counterexample in ${depth} steps`
      : 'NOT CAUGHT'
    : good
      ? 'holds'
      : cut
        ? 'NOT EXHAUSTIVE'
        : 'BROKEN';
  console.log(
    `${good ? 'ok  ' : 'FAIL'} ${name.padEnd(28)} ${verdict}, ${states} states, ${seconds} s, ${memory} GB${broken && !bug ? `: ${broken}` : ''}`,
  );
  return good;
}

const wanted = process.argv.slice(2);
const isWanted = (/** @type {string} */ name) => wanted.includes(name) || wanted.length === 0;
const sound = Object.keys(scenes)
  .filter(isWanted)
  .map((scene) => check(scene, /** @type {keyof typeof scenes} */ (scene)));
const found = Object.entries(bugs)
  .filter(([bug]) => isWanted(bug))
  .map(([bug, { scene, absent }]) => check(bug, scene, bug, absent));
const failed = [...sound, ...found].filter((good) => !good).length;
console.log(`${sound.length + found.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
