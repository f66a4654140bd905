import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyRegistry } from '../../lib/core/keys/key-registry.js';
import { MaintenanceKey } from '../../lib/core/keys/maintenance-key.js';
import type { AnnouncedChange } from '../../lib/core/document/seen-change.js';
import { HoldLiveness } from '../../lib/core/state/hold-liveness.js';
import { leaseOfHold } from '../../lib/core/store/leases.js';
import { newReplica } from '../../lib/core/state/replica-lease.js';
import { ReplicaReport } from '../../lib/core/state/replica-report.js';
import { StateView } from '../../lib/core/state/state-view.js';
import { planWindow } from '../../lib/core/windows/window-plan.js';
import { change, document, hold, notice, record } from './documents.js';

const MONTH = 30 * 24 * 60 * 60 * 1000;

const subjects = () => ({ updates: new Subject<void>(), changes: new Subject<AnnouncedChange>() });

function open({ begun = true, judges = true } = {}) {
  const registry = new KeyRegistry();
  const news: AnnouncedChange['change'][] = [];
  let count = 0;
  const holds = new HoldLiveness(judges);
  const { updates, changes } = subjects();
  updates.subscribe(() => count++);
  changes.subscribe(({ change: announced }) => news.push(announced));
  const view = new StateView(registry, Date, holds, updates, changes);
  view.take(new Map(), '');
  if (begun) view.begin();
  const names = () => view.snapshot.active.map(({ key }) => key.name);
  return { view, holds, registry, news, names, updates: () => count };
}

/** A version by its number. */
const versionAt = (name: string): string => `history-1.${name.slice(1)}.w${name}`;

const on = (over: Parameters<typeof notice>[0] = {}, revision = 1, told: Parameters<typeof change>[0] = {}) =>
  document(
    { general: record({ switch: notice(over), change: change({ revision, ...told }) }) },
    { revision, write: `w${revision}` },
  );
const off = (revision: number, told: Parameters<typeof change>[0] = {}) =>
  document(
    { general: record({ change: change({ from: true, to: false, revision, ...told }) }) },
    { revision, write: `w${revision}` },
  );

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the view of the state', () => {
  it('starts with what it reads first, without announcing it', () => {
    const { view, news, names } = open({ begun: false });
    view.take(on().keys, versionAt('v1'));
    view.begin();
    expect(names()).toEqual(['general']);
    expect(news).toEqual([]);
    view.take(off(2).keys, versionAt('v2'));
    expect(news).toMatchObject([{ key: 'general', from: true, to: false, cause: 'set', revision: 2 }]);
  });

  it('announces what it learns later, also for a key it has never seen', () => {
    const { view, news } = open();
    view.take(on({}, 1, { message: 'hello', reason: 'why', actor: 'ada', at: 900 }).keys, versionAt('v1'));
    expect(news).toEqual([
      {
        key: 'general',
        from: false,
        to: true,
        cause: 'set',
        message: 'hello',
        reason: 'why',
        actor: 'ada',
        until: null,
        endsAt: null,
        previous: { message: null, until: null },
        extended: false,
        revision: 1,
        at: new Date(900),
      },
    ]);
  });

  it('announces the same document once, and a new write of a key that stays on again', () => {
    const { view, news } = open();
    view.take(on().keys, versionAt('v1'));
    view.take(on().keys, versionAt('v1'));
    expect(news).toHaveLength(1);
    view.take(on({}, 2, { message: 'longer than thought' }).keys, versionAt('v2'));
    expect(news).toHaveLength(2);
    expect(news[1]).toMatchObject({ from: true, to: true, message: 'longer than thought' });
  });

  it('announces nothing for a write that concerns another key, or for a record that was put back', () => {
    const { view, news } = open();
    const first = on();
    view.take(first.keys, versionAt('v1'));
    view.take(first.keys, versionAt('v2'));
    expect(news).toHaveLength(1);
  });

  it('announces in order what those who are told of an earlier change are the first to see', () => {
    const registry = new KeyRegistry();
    const { updates, changes } = subjects();
    const view = new StateView(registry, Date, new HoldLiveness(true), updates, changes);
    view.begin();
    const [first, second]: [string[], string[]] = [[], []];
    const tell = ({ change: { cause, to } }: AnnouncedChange): string => `${cause} ${to}`;
    // the timer of the end comes later
    const look = (): void => {
      vi.setSystemTime(Date.now() + 1);
      void view.snapshot;
    };
    updates.subscribe(look);
    changes.subscribe((announced) => {
      first.push(tell(announced));
      look();
    });
    changes.subscribe((announced) => second.push(tell(announced)));
    view.take(on({ until: 1_001 }).keys, versionAt('v1'));
    view.take(on({ until: 1_006 }, 2).keys, versionAt('v2'));
    const inOrder = ['set true', 'expiry false', 'set true', 'expiry false'];
    expect(first).toEqual(inOrder);
    expect(second).toEqual(inOrder);
  });

  it('announces nothing when a key that is off is written as off again', () => {
    const { view, news } = open();
    view.take(off(1).keys, versionAt('v1'));
    view.take(off(2).keys, versionAt('v2'));
    expect(news).toEqual([]);
  });

  it('has the snapshot ready and updates emitted before the first change is announced', () => {
    const registry = new KeyRegistry();
    const seen: string[] = [];
    const { updates, changes } = subjects();
    const view = new StateView(registry, Date, new HoldLiveness(true), updates, changes);
    updates.subscribe(() => seen.push(`updated ${view.snapshot.active.length}`));
    changes.subscribe(() => seen.push(`announced ${view.snapshot.active.length}`));
    view.begin();
    view.take(on().keys, versionAt('v1'));
    expect(seen).toEqual(['updated 1', 'announced 1']);
  });

  it('takes a hold that it hears of for renewed, until it reads which leases are alive', () => {
    const { view, registry, updates } = open();
    const general = registry.find('general') as MaintenanceKey;
    const abandoned = () => view.snapshot.of(general).holds.map((one) => one.abandoned);
    const hear = (n: number, ...ids: string[]) => {
      const holds = ids.map((id, i) => hold({ id, owner: 'elsewhere', locked: false, fence: i }));
      const news = { name: 'general', before: versionAt(`v${n - 1}`), version: versionAt(`v${n}`) };
      view.hear({ ...news, record: record({ holds }) });
    };
    view.take(new Map(), versionAt('v1'));
    hear(2, 'one');
    expect([abandoned(), view.isComplete]).toEqual([[false], true]);
    view.takeLeases(new Set());
    expect([abandoned(), view.isComplete]).toEqual([[true], false]);
    // it was known before: whoever writes the record says nothing about it
    hear(3, 'one', 'two');
    expect([abandoned(), view.isComplete]).toEqual([[true, false], false]);
    const leases = new Set([leaseOfHold('one'), leaseOfHold('two')]);
    view.takeLeases(leases);
    expect([abandoned(), view.isComplete]).toEqual([[false, false], true]);
    const before = updates();
    hear(4, 'one', 'two', 'three');
    view.settle();
    view.takeLeases(leases);
    expect(abandoned()).toEqual([false, false, true]);
    expect(updates()).toBe(before + 2);
    // what was asked before it was heard of says nothing about it
    const { mark } = view.holds;
    hear(5, 'one', 'two', 'three', 'four');
    view.takeLeases(leases, mark);
    expect(abandoned()).toEqual([false, false, true, false]);
    view.takeLeases(leases, view.holds.mark);
    expect(abandoned()).toEqual([false, false, true, true]);
  });

  describe('of several pushes that arrive at once', () => {
    const hear = (view: StateView, ...written: [name: string, turnsOn: boolean][]): void =>
      written.forEach(([name, turnsOn], i) => {
        const told = change({ from: !turnsOn, to: turnsOn, revision: i + 2 });
        const heard = record({ switch: turnsOn ? notice() : null, change: told });
        view.hear({
          name,
          record: heard,
          before: versionAt(`v${i + 1}`),
          version: versionAt(`v${i + 2}`),
        });
      });
    const start = () => {
      const opened = open();
      opened.registry.add(new MaintenanceKey('checkout'), 'test');
      opened.view.take(new Map(), versionAt('v1'));
      return { ...opened, before: opened.updates() };
    };

    it('makes the snapshot once, before anything else happens', async () => {
      const { view, updates, before, names, news } = start();
      hear(view, ['general', true], ['checkout', true]);
      expect([updates() - before, news.length]).toEqual([0, 0]);
      await Promise.resolve();
      expect([updates() - before, news.map(({ key }) => key)]).toEqual([1, ['general', 'checkout']]);
      expect(names()).toEqual(['general', 'checkout']);
      expect(updates() - before).toBe(1);
    });

    it('gives it to whoever asks, updated and announced', () => {
      const { view, updates, before, names, news } = start();
      hear(view, ['general', true], ['checkout', true]);
      expect(names()).toEqual(['general', 'checkout']);
      expect([updates() - before, news.length]).toEqual([1, 2]);
    });

    it('announces each change of a key', async () => {
      const { view, news } = start();
      hear(view, ['general', true], ['general', false], ['general', true]);
      await Promise.resolve();
      expect(news.map(({ to, revision }) => [to, revision])).toEqual([
        [true, 2],
        [false, 3],
        [true, 4],
      ]);
    });

    it('has what they mean before this replica reports that it has applied them', () => {
      const { view, updates, before } = start();
      const report = new ReplicaReport(newReplica(), view, () => 0);
      let seen = 0;
      report.details = () => {
        seen = updates() - before;
        return { inFlight: 0, observer: true, unknownKeys: [], foreignKeys: [], draining: {}, running: {} };
      };
      hear(view, ['general', true]);
      expect([report.presence().revision, seen]).toEqual([2, 1]);
    });

    it('and an answer of the store on top of them announces all', () => {
      const { view, news } = start();
      hear(view, ['general', true]);
      view.follow(new Map([['checkout', record({ switch: notice() })]]), versionAt('v3'));
      expect(news.map(({ key }) => key)).toEqual(['general', 'checkout']);
    });
  });

  it('announces what ends by itself when something else is written, and after the clock was set back', () => {
    const { view, news, registry } = open();
    registry.add(new MaintenanceKey('checkout'), 'test');
    view.take(on({ until: 2_000 }).keys, versionAt('v1'));
    vi.setSystemTime(2_500);
    view.follow(new Map([['checkout', record({ switch: notice() })]]), versionAt('v2'));
    const told = () => news.map(({ key, to }) => [key, to]);
    expect(told()).toEqual([
      ['general', true],
      ['checkout', true],
      ['general', false],
    ]);
    vi.setSystemTime(1_500);
    view.follow(new Map([['checkout', record()]]), versionAt('v3'));
    expect(told().slice(3)).toEqual([
      ['checkout', false],
      ['general', true],
    ]);
  });

  it('does not go back to its own write when something newer was faster', () => {
    const { view } = open();
    const [own] = on({}, 2).keys.values();
    const newer = record({ switch: notice({ message: 'newer' }), past: [own!.write] });
    view.take(new Map([['general', newer]]), versionAt('v3'));
    view.advance('general', own!, { before: versionAt('v1'), version: versionAt('v2') });
    expect(view.version).toBe(versionAt('v3'));
    expect(view.known?.keys.get('general')).toBe(newer);
  });

  it('is at the version after its own write only if nobody else has written in between', () => {
    const { view } = open();
    view.take(new Map(), versionAt('v1'));
    const [first] = on().keys.values();
    view.advance('general', first!, { before: versionAt('v1'), version: versionAt('v2') });
    expect(view.version).toBe(versionAt('v2'));
    const second = record({ switch: notice(), past: [first!.write] });
    view.advance('general', second, { before: versionAt('v5'), version: versionAt('v6') });
    expect(view.version).toBe(versionAt('v2'));
    expect(view.known?.keys.get('general')).toBe(second);
  });

  it('does not write back what came only by push', () => {
    const { view } = open();
    const [first] = on().keys.values();
    view.take(new Map([['general', first!]]), versionAt('v1'));
    const heard = record({ past: [first!.write] });
    const news = { before: versionAt('v1'), version: versionAt('v2') };
    view.hear({ name: 'general', record: heard, ...news });
    view.hear({ name: 'other', record: record(), before: news.version, version: versionAt('v3') });
    expect(view.known?.keys.get('general')).toBe(heard);
    expect(view.records.proven).toEqual(new Map([['general', first]]));
    view.records.confirm();
    expect(view.records.proven.get('general')).toBe(heard);
  });

  it('forgets pushed records when everything is read again, and keeps what the store does not have', () => {
    const { view } = open();
    const [first] = on().keys.values();
    view.take(new Map([['general', first!]]), versionAt('v1'));
    view.hear({ name: 'other', record: record(), before: versionAt('v1'), version: versionAt('v2') });
    const { line } = view.known!;
    view.take(new Map(), versionAt('v9'));
    expect(view.known).toMatchObject({ line: line + 1, revision: 9 });
    expect([...view.known!.keys.keys()]).toEqual(['general']);
  });

  it('follows the order of the keys, and sees keys that are added later', () => {
    const { view, registry, names } = open();
    registry.add(new MaintenanceKey('last', { order: 5 }), 'test');
    view.take(
      document({
        later: record({ switch: notice() }),
        last: record({ switch: notice() }),
        ...Object.fromEntries(on().keys),
      }).keys,
      versionAt('v1'),
    );
    expect(names()).toEqual(['general', 'last']);
    registry.add(new MaintenanceKey('later', { order: -1 }), 'test');
    expect(names()).toEqual(['later', 'general', 'last']);
  });
});

describe('an end by itself', () => {
  it('is announced without anybody acting, once', () => {
    const { view, news, names } = open();
    view.take(on({ until: 5_000 }).keys, versionAt('v1'));
    vi.advanceTimersByTime(3_999);
    expect(names()).toEqual(['general']);
    expect(news).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(names()).toEqual([]);
    expect(news[1]).toMatchObject({ from: true, to: false, cause: 'expiry', at: new Date(5_000) });
    vi.advanceTimersByTime(10_000);
    expect(news).toHaveLength(2);
  });

  it('counts from its moment on, even if the timer is late', () => {
    const { view, names } = open();
    view.take(on({ until: 5_000 }).keys, versionAt('v1'));
    vi.setSystemTime(5_000);
    expect(names()).toEqual([]);
  });

  it('comes even for windows beyond the longest timer', () => {
    const { view, news, names } = open();
    view.take(on({ until: 1_000 + 2 * MONTH }).keys, versionAt('v1'));
    vi.advanceTimersByTime(2 * MONTH - 1);
    expect(names()).toEqual(['general']);
    vi.advanceTimersByTime(1);
    expect(names()).toEqual([]);
    expect(news[1]?.cause).toBe('expiry');
  });

  it('of one part notifies those who watch it, although the key stays on', () => {
    const { view, news, updates, names } = open();
    view.take(
      document({ general: record({ switch: notice(), holds: [hold({ until: 2_000 })] }) }).keys,
      versionAt('v1'),
    );
    const before = updates();
    vi.advanceTimersByTime(1_000);
    expect(updates()).toBeGreaterThan(before);
    expect(names()).toEqual(['general']);
    expect(news).toHaveLength(1);
    expect(view.snapshot.active[0]?.state.holds).toEqual([]);
  });

  it('that has passed before the document arrives is not a change by an operator', () => {
    const { view, news } = open();
    view.take(on({}, 1).keys, versionAt('v1'));
    vi.setSystemTime(9_000);
    view.take(on({ until: 5_000 }, 2).keys, versionAt('v2'));
    expect(news[1]).toMatchObject({ from: true, to: false, cause: 'expiry' });
  });

  it('no longer comes once the view has stopped', () => {
    const { view, news } = open();
    view.take(on({ until: 2_000 }).keys, versionAt('v1'));
    view.stop();
    vi.advanceTimersByTime(5_000);
    expect(news).toHaveLength(1);
  });
});

describe('a hold', () => {
  const held = document({ general: record({ holds: [hold()] }) });
  const abandoned = (view: StateView) => view.snapshot.active[0]?.state.holds[0]?.abandoned;

  it('is abandoned once its lease is gone, and not before', () => {
    const { view } = open();
    view.takeLeases(new Set(['hold:hold-1']));
    view.take(held.keys, versionAt('v1'));
    expect(abandoned(view)).toBe(false);
    view.takeLeases(new Set());
    expect(abandoned(view)).toBe(true);
  });

  it('of this process lives as long as it is renewed here', () => {
    const { view, holds } = open();
    const end = holds.holding('hold-1');
    view.take(held.keys, versionAt('v1'));
    expect(abandoned(view)).toBe(false);
    end();
    view.take(held.keys, versionAt('v1'));
    expect(abandoned(view)).toBe(true);
  });

  it('whose lease cannot be seen from here is not called abandoned', () => {
    const { view } = open({ judges: false });
    view.take(held.keys, versionAt('v1'));
    expect(abandoned(view)).toBe(false);
  });

  it('enters and leaves a planned window beyond the longest timer', () => {
    const { view, news, names } = open();
    const start = Date.now() + 2 * MONTH;
    const window = planWindow({ start: new Date(start), duration: 2 * MONTH }, 'w', Date.now());
    view.take(document({ general: record({ windows: [window] }) }).keys, versionAt('v1'));
    expect([names(), news]).toEqual([[], []]);
    vi.advanceTimersByTime(2 * MONTH - 1);
    expect(names()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(names()).toEqual(['general']);
    vi.advanceTimersByTime(2 * MONTH);
    expect(names()).toEqual([]);
    expect(news.map(({ cause, to, at }) => [cause, to, at.getTime()])).toEqual([
      ['window', true, start],
      ['window', false, start + 2 * MONTH],
    ]);
  });

  it('enters a window whose timer is late', () => {
    const { view, names } = open();
    const window = planWindow({ start: new Date(Date.now() + 20_000), duration: 60_000 }, 'w', Date.now());
    view.take(document({ general: record({ windows: [window] }) }).keys, versionAt('v1'));
    vi.setSystemTime(Date.now() + 20_000);
    expect(names()).toEqual(['general']);
  });
});
