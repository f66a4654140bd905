import type { STORIES } from './scenarios.js';

/** A bug that is planted in the compiled library, and the story in which it must come to light. */
export interface Mutant {
  readonly name: string;
  readonly story: keyof typeof STORIES;
  /** Below lib/, compiled. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Places in which it fits: one, but for parts that several scripts include. */
  readonly count?: number;
}

const bug = (
  name: string,
  story: Mutant['story'],
  file: string,
  find: string,
  replace: string,
  count = 1,
): Mutant => ({ name, story, file, find, replace, count });

const SCRIPTS = 'core/store/redis/redis-scripts.generated.js';
/** How many scripts include the part about replicas. */
const SCRIPTS_WITH_MEMBERS = 6;
/** The one about records. */
const SCRIPTS_WITH_RECORDS = 3;
/** And the one about leases. */
const SCRIPTS_WITH_LEASES = 4;
const AGREEMENT = 'core/cluster/replica-coordinator.js';

/** Bugs that somebody could have written, one at a time. */
export const MUTANTS: readonly Mutant[] = [
  // trusting what one knows
  bug(
    'no-lease',
    'partition',
    'core/state/replica-lease.js',
    'return now >= this.end && now >= this.retry;',
    'return false;',
  ),
  bug(
    'lease-outlives-presence',
    'partition',
    'core/state/replica-lease.js',
    'from + this.length * 0.9',
    'from + this.length * 4',
  ),
  bug(
    'silence-is-consent',
    'partition',
    'decision/stale-policy.js',
    'this.failed = !(await this.manager.catchUp())',
    'this.failed = (await this.manager.catchUp(), false)',
  ),
  bug(
    'stale-is-served',
    'partition',
    'decision/stale-policy.js',
    "return (this.manager.hasRead ? onStale : onUnknown) === 'block';",
    'return false;',
  ),
  bug(
    'exempt-is-blocked',
    'partition',
    'decision/handler-policy.js',
    'exempt.some((names) => names.length === 0)',
    'false',
  ),
  bug(
    'old-is-news',
    'forgetful',
    'core/state/known-records.js',
    'const all = new Map([...this.proven, ...news]);',
    'const all = new Map(news);',
  ),
  bug(
    'no-put-back',
    'forgetful',
    'core/state/store-answers.js',
    'const again = await this.putBack(finding.putBack, version);',
    'const again = { records: new Map(), version };',
  ),
  bug(
    'newcomer-wins',
    'newcomer',
    'core/document/reconcile.js',
    "putBack.push({ name, expected: '', record, kept: true });",
    '',
  ),
  bug(
    'merge-loses',
    'ignorant',
    'core/document/merge.js',
    "const left = later.change.cause === 'unset'",
    'const left = true',
  ),
  bug(
    'lost-delta',
    'unheard',
    SCRIPTS,
    "redis.call('ZRANGEBYSCORE', order, '(' .. int(since), '+inf',",
    "redis.call('ZRANGEBYSCORE', order, '(' .. int(since + 1), '+inf',",
  ),
  bug(
    'revision-reused',
    'failedOver',
    SCRIPTS,
    'if revision == head.revision then return write == head.write and revision or nil end',
    'if revision <= head.revision then return revision end',
    SCRIPTS_WITH_RECORDS,
  ),
  bug(
    'any-push-is-believed',
    'neighbour',
    'core/store/redis/redis-pushes.js',
    'if (!isEqual(signature, sha1(this.secret + sha1(this.secret + text)))) {',
    'if (false) {',
  ),
  // acknowledgement
  bug(
    'told-before-applied',
    'unheard',
    'core/state/state-view.js',
    'this.unreadable.unmark(); this.read = true; this.update(changed);',
    'this.unreadable.unmark(); this.read = true; const names = [...changed]; setTimeout(() => this.update(names), 300);',
  ),
  bug(
    'any-write-will-do',
    'unheard',
    'core/cluster/acknowledged-writes.js',
    'isAtLeast(at, this.place)',
    'true',
  ),
  bug('missing-not-told', 'partition', AGREEMENT, 'missing: behind }', 'missing: [] }'),
  bug(
    'half-open-line-kept',
    'deaf',
    'core/store/redis/redis-subscriber.js',
    'if (!client || this.checking',
    'if (client || this.checking',
  ),
  bug(
    'sync-before-subscribed',
    'absent',
    'core/store/redis/redis-subscriber.js',
    'await client.subscribe(...this.channels); this.denied = false; this.denials.succeeded(); this.listener.received(undefined);',
    'this.listener.received(undefined); await client.subscribe(...this.channels); this.denied = false; this.denials.succeeded();',
  ),
  // drain
  bug(
    'drains-itself-only',
    'drain',
    'core/cluster/undrained.js',
    '(drained && routes.length === 0)',
    'drained',
  ),
  bug(
    'drains-others-only',
    'drain',
    AGREEMENT,
    'return routes.length > 0 ? [this.itself(routes), ...left] : left;',
    'return left;',
  ),
  bug('counts-by-close-only', 'drain', 'in-flight/call-counter.js', '? running : 0', '? 0 : 0'),
  bug('counts-by-handler-only', 'drain', 'in-flight/in-flight.js', 'if (!isOver(context)) {', 'if (false) {'),
  bug(
    'drain-gives-up-and-works',
    'drain',
    AGREEMENT,
    'throw new MaintenanceDrainError(key, left, timeout);',
    'return;',
  ),
  bug(
    'drain-error-leaves-hold',
    'drain',
    'core/service/sessions.js',
    'catch (error) { await session.leave();',
    'catch (error) {',
  ),
  bug(
    'thrown-work-stays',
    'drain',
    'core/service/sessions.js',
    "signal.removeEventListener('abort', lost); await session.leave();",
    "signal.removeEventListener('abort', lost);",
  ),
  // silent is not gone
  bug(
    'silent-is-gone',
    'blocked',
    SCRIPTS,
    "if listeners(channel) > 0 then state, noted = 'open', 0",
    "if false then state, noted = 'open', 0",
    SCRIPTS_WITH_MEMBERS,
  ),
  bug(
    'dead-by-the-clock',
    'clockStep',
    SCRIPTS,
    'now - math.max(seen, met.calm, met.since) >= dead',
    'now - seen >= dead',
    SCRIPTS_WITH_MEMBERS,
  ),
  bug(
    'nobody-vouches',
    'vouched',
    'core/store/redis/redis-exchange.js',
    'if (unlisted.length > 0) {',
    'if (false) {',
  ),
  bug(
    'stranger-acknowledges',
    'keySets',
    'core/cluster/undrained.js',
    'applied.includes(told) && !told.unknownKeys.includes(key)',
    'applied.includes(told)',
  ),
  bug(
    'begins-unannounced',
    'observer',
    'core/service/open-decision.js',
    'report.passesForObserver ||',
    'false ||',
  ),
  bug(
    'leaves-too-soon',
    'closing',
    'core/cluster/leave-when-idle.js',
    'if (!store.clustered || !isBusy()) {',
    'if (true) {',
  ),
  bug(
    'refused-is-in-touch',
    'refused',
    'core/state/state-sync.js',
    'if (result.refused !== undefined) { this.refusals.failed();',
    'if (result.refused !== undefined) { lease.renew(begun);',
  ),
  bug('told-again', 'death', SCRIPTS, "if state == 'done' or", 'if false or'),
  // locks
  bug(
    'lock-for-all',
    'holders',
    SCRIPTS,
    "if alive and owner ~= token then held = held or alive == 'yes' unsure = math.max(unsure, left) end",
    '',
  ),
  bug(
    'unlock-without-token',
    'holders',
    SCRIPTS,
    "if held and string.match(held, '^(.-)|') == ARGV[1] then",
    'if held then',
  ),
  bug('constant-fence', 'holders', SCRIPTS, "return { 'taken', fence }", "return { 'taken', 7 }"),
  bug(
    'purge-of-the-living',
    'blocked',
    SCRIPTS,
    "if state == 'gone' then",
    "if state == 'gone' or state == 'open' then",
    SCRIPTS_WITH_MEMBERS,
  ),
  bug(
    'clock-ends-leases',
    'lockStep',
    SCRIPTS,
    'if left > 0 and is_prolonged(name) then',
    'if false then',
    SCRIPTS_WITH_LEASES,
  ),
  bug(
    'late-by-the-old-clock',
    'lockStep',
    'core/store/redis/redis-commands.js',
    'if (!this.isEarly(begun, deadline)) {',
    'if (true) {',
  ),
  bug('loss-not-told', 'holders', 'core/state/hold-lease.js', 'this.controller.abort(', 'void ('),
  bug(
    'lease-not-renewed',
    'longWork',
    'core/state/hold-lease.js',
    'setInterval(() => this.renew()',
    'setInterval(() => undefined',
  ),
  // writes
  bug(
    'history-is-lost',
    'operators',
    SCRIPTS,
    "for n = 9, FIRST - 1, 3 do local own = ARGV[n + 1] == '' remember(KEYS[5], ARGV[8], ARGV[n], own and outcome[2] or ARGV[n + 1], own and outcome[3] or ARGV[n + 2]) end",
    '',
  ),
  bug(
    'history-before-compare',
    'crowd',
    SCRIPTS,
    "if stored then for n = 9, FIRST - 1, 3 do local own = ARGV[n + 1] == '' remember(KEYS[5], ARGV[8], ARGV[n], own and outcome[2] or ARGV[n + 1], own and outcome[3] or ARGV[n + 2]) end",
    "for n = 9, FIRST - 1, 3 do local own = ARGV[n + 1] == '' remember(KEYS[5], ARGV[8], ARGV[n], own and (stored and outcome[2] or '1') or ARGV[n + 1], own and (stored and outcome[3] or int(now)) or ARGV[n + 2]) end\nif stored then",
  ),
  bug(
    'write-without-compare',
    'crowd',
    SCRIPTS,
    "if mark_of(present) ~= ARGV[i + 1] then return nil, 'conflict' end",
    '',
  ),
  bug(
    'conflict-taken-for-success',
    'crowd',
    'core/store/redis/redis-records.js',
    "return what === 'written' ?",
    'return true ?',
  ),
  bug(
    'late-write-lands',
    'late',
    SCRIPTS,
    "if is_late(ARGV[2], now) then return { 'late', now } end local missing",
    'local missing',
  ),
  bug(
    'failed-write-ignored',
    'late',
    'core/store/redis/redis-commands.js',
    'throw failure;',
    "if (what === 'write') return [Date.now(), '?', '?', [['written', '1', String(Date.now())]]];\n            throw failure;",
  ),
  // ends and holds
  bug(
    'ends-by-wall-clock',
    'clocks',
    'core/store/redis/redis-clock.js',
    'return this.offset === undefined ? Date.now()',
    'return true ? Date.now()',
  ),
  bug('ends-are-ignored', 'clocks', 'core/document/record.js', 'end === null || now < end', 'true'),
  bug(
    'release-ends-other-holds',
    'together',
    'core/document/holds.js',
    'holds: record.holds.filter((other) => !gone.has(other))',
    'holds: []',
  ),
  bug(
    'switch-off-ends-holds',
    'together',
    'core/service/switch-plan.js',
    'switch: null, holds: record?.holds ?? [],',
    'switch: null, holds: [],',
  ),
  bug(
    'dead-holder-opens',
    'death',
    'core/state/snapshot.js',
    'if (state.value) {',
    'if (state.value && !state.holds.some((hold) => hold.abandoned)) {',
  ),
  bug(
    'heir-before-work',
    'heir',
    'core/document/holds.js',
    '[...merged(gone), ...others, hold]',
    '[...others, hold]',
  ),
  // jobs, ticks and events
  bug(
    'jobs-begin-all-the-same',
    'workers',
    'integrations/bullmq/worker-gate.js',
    'return this.openWork.runOrSkip({ name, scope, followed }, process, () => {',
    'return this.openWork.runOrSkip({ name, scope: { isConcernedBy: () => false }, followed }, process, () => {',
  ),
  bug(
    'drain-forgets-jobs',
    'workers',
    'core/service/open-work.js',
    'return { result: settle(work(), over) };',
    'return { result: (over(), work()) };',
  ),
  bug(
    'job-is-done-unhandled',
    'workers',
    'integrations/bullmq/gated-worker.js',
    '? Promise.reject(Base.RateLimitError())',
    '? Promise.resolve()',
  ),
  bug(
    'job-goes-back-handled',
    'workers',
    'integrations/bullmq/gated-worker.js',
    '? Promise.reject(Base.RateLimitError())',
    '? super.callProcessJob(job, ...rest).then(() => Promise.reject(Base.RateLimitError()))',
  ),
  bug(
    'ticks-are-not-skipped',
    'workers',
    'background/skipped-method.js',
    'application.openWork.runOrSkip({ name, scope }, inner, () => {',
    'application.openWork.runOrSkip({ name, scope: { isConcernedBy: () => false } }, inner, () => {',
  ),
  bug(
    'event-acknowledged-unhandled',
    'workers',
    'messages/kafka-partitions.js',
    'message.offset = String(paused.offset - 1n);',
    '',
  ),
  bug(
    'events-begin-all-the-same',
    'workers',
    'messages/event-servers.js',
    '{ name, scope: source, followed }',
    '{ name, scope: { isConcernedBy: () => false }, followed }',
  ),
  bug(
    'event-acknowledged-before-handled',
    'workers',
    'messages/event-servers.js',
    '() => admitEvent(context, run)',
    '() => void admitEvent(context, run)',
  ),
  bug(
    'held-event-acknowledged',
    'rabbit',
    'messages/rmq-consumer.js',
    'const channel = getChannelRef.call(context);',
    'const channel = getChannelRef.call(context); channel.ack(getMessage.call(context));',
  ),
  bug(
    'held-event-thrown-away',
    'rabbit',
    'messages/rmq-consumer.js',
    'channel.nack(message, false, true);',
    'channel.nack(message, false, false);',
  ),
  bug(
    'held-event-forgotten',
    'rabbit',
    'messages/rmq-consumer.js',
    'this.held.splice(0).forEach(({ deliver }) => deliver());',
    'this.held.splice(0);',
  ),
  bug('queue-stays-cancelled', 'rabbit', 'messages/rmq-consumer.js', 'void this.consume();', 'void 0;'),
  // planned windows
  bug(
    'window-by-local-clock',
    'windows',
    'core/store/redis/redis-clock.js',
    'return this.offset === undefined ? Date.now() : this.offset + performance.now();',
    'return Date.now();',
  ),
  bug(
    'hook-on-every-replica',
    'windows',
    'core/cluster/once-per-cluster.js',
    "if (outcome === 'granted') {",
    "if (outcome !== 'gone') {",
  ),
  bug(
    'window-announces-to-nobody',
    'windows',
    'core/cluster/window-watch.js',
    "this.see('announced', key.name, occurrence, () => this.announced(key, occurrence));",
    '',
  ),
  bug(
    'reads-refused-from-the-start',
    'windows',
    'decision/decision.js',
    "safe && (readOnly || phase === 'readOnly')",
    'safe && readOnly',
  ),
  bug(
    'a-line-for-each-process',
    'windows',
    'decision/visitors.js',
    'let bits = 0x811c9dc5;',
    'let bits = process.pid;',
  ),
  bug(
    'reopens-for-all-at-once',
    'windows',
    'core/document/reopenings.js',
    'return last && last.from <= now && now < last.until ? last : undefined;',
    'return undefined;',
  ),
  bug(
    'end-of-a-window-unrecorded',
    'windows',
    'core/history/arisen.js',
    '{ ...common, id: `end:${window.id}`, moment: end },',
    '',
  ),
  bug(
    'cancelled-window-goes-on',
    'windows',
    'core/windows/window-edits.js',
    '...endedAt(window, current.start, now), repeat: repeat && { ...repeat, last: current.start },',
    '...window, revision: window.revision + 1,',
  ),
  bug(
    'hook-called-again-when-unnoted',
    'unnoted',
    'core/cluster/once-per-cluster.js',
    'ran.add(name);',
    'await once.finish(name, this.token, manager.deadline(), remembered); return;',
  ),
  // commands under `run`
  bug(
    'guardian-looks-on',
    'migrations',
    'cli/run/guardian.js',
    "tell({ type: 'ending' }); this.end(kill - monotonic());",
    "tell({ type: 'ending' });",
  ),
  bug(
    'guardian-knows-no-lease',
    'migrations',
    'cli/commands/run.js',
    'child.renew(leaseTimes(remaining, lease, now));',
    '',
  ),
  bug('stubborn-is-left', 'migrations', 'cli/run/process-group.js', "signalGroup(leader, 'SIGKILL');", ''),
  bug(
    'killed-too-late',
    'migrations',
    'cli/run/lease-times.js',
    'Math.min(now + remaining, end - MARGIN)',
    'end + MARGIN',
  ),
  bug(
    'unset-frees-the-lock',
    'migrations',
    'core/service/sessions.js',
    'if (why !== undefined && keepsLock) {',
    'if (false) {',
  ),
];
