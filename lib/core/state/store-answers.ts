import { RecentNames } from '../common/recent-names.js';
import { encodeBody } from '../document/codec.js';
import { reconcile } from '../document/reconcile.js';
import type { KeyRecord } from '../document/record.js';
import { isAtLeast } from '../document/version.js';
import { HOUR } from '../keys/durations.js';
import type { RecordWrite, StoredRecords, SyncResult, Version } from '../store/store.js';
import type { SyncParts } from './sync-parts.js';

const NONE: ReadonlyMap<string, KeyRecord> = new Map();
/** Records that are put back in one go, and characters of these: a slow connection has to take them in time. */
const MOST_AT_ONCE = { records: 500, length: 4 * 1024 * 1024 };

/** Applies what the store answers, and puts back what it has lost. */
export class StoreAnswers {
  /** Records that could not be read, with what was stored. */
  private readonly mentioned = new RecentNames(HOUR);

  constructor(
    private readonly parts: Pick<SyncParts, 'store' | 'view' | 'list' | 'touch' | 'commandTimeout'>,
    /** Somebody else was faster: only another answer shows what is there now. */
    private readonly askAgain: () => void,
  ) {}

  /**
   * @param current whether this process is still at the version that the store was asked with
   * @param own keys that this process had written by then, of which its version said nothing
   * @returns whether the store is readable, and what it holds is now known here
   */
  async accept(result: SyncResult, current: boolean, own: readonly string[]): Promise<boolean> {
    const { view, list, touch } = this.parts;
    const { stored, version } = result;
    if (result.unreadable !== undefined) {
      return this.unreadable(result, result.unreadable, current);
    }
    if (
      !stored?.all &&
      view.unreadable.all === null &&
      !view.records.confirmOwn(own, stored?.records ?? new Map())
    ) {
      // lost together with what others had written before it, so the version fits nevertheless
      this.askAgain();
      return false;
    }
    if (!stored) {
      if (current) {
        view.records.confirm();
      }
      if (view.unreadable.all !== null) {
        // the same as before
        touch.unreadable(view.unreadable.all);
      }
      return view.unreadable.all === null;
    }
    if (stored.all && !current) {
      // a write of this process, or a push, came while the answer was on its way: ask again
      return false;
    }
    const finding = reconcile(stored.all ? view.records.proven : (view.known?.keys ?? NONE), stored);
    let { news } = finding;
    let at = version;
    if (finding.putBack.length > 0) {
      if (result.refused !== undefined) {
        // a store that takes no writes may lag behind one that does
        return false;
      }
      if (stored.all) {
        list.forgot();
      }
      finding.warnings.forEach((warning) => touch.warn(warning));
      const again = await this.putBack(finding.putBack, version);
      if (!again) {
        return false;
      }
      news = new Map([...news, ...again.records]);
      at = again.version;
    }
    this.cry(stored, news);
    if (stored.all) {
      view.take(news, at, finding.unreadable);
    } else {
      // a write of this process may have come while the answer was on its way
      const here = view.version ?? '';
      view.follow(news, isAtLeast(here, at) ? here : at, finding.unreadable);
      view.records.cover(stored.records);
    }
    return true;
  }

  /** Others may know what this process cannot read: each of these is mentioned once, unless hours have passed. */
  private cry({ records }: StoredRecords, news: ReadonlyMap<string, KeyRecord>): void {
    const { store, view } = this.parts;
    const strange = [...records].flatMap(([name, one]) =>
      'record' in one || one.newer || view.records.get(name) || news.has(name) ? [] : `${name} ${one.mark}`,
    );
    // all of them are remembered, whichever is new
    if (strange.filter((one) => !this.mentioned.see(one)).length > 0) {
      store.doubt?.();
    }
  }

  private async unreadable(
    { version, newer, refused }: SyncResult,
    problem: string,
    current: boolean,
  ): Promise<boolean> {
    const { store, view, list, touch } = this.parts;
    const warning = `The stored maintenance state cannot be read: ${problem}.`;
    const known = [...view.records.proven];
    if (current && known.length > 0 && !newer) {
      if (refused !== undefined) {
        return false;
      }
      list.forgot();
      touch.warn(warning);
      const lost = known.map(([name, record]) => ({ name, expected: '', record, kept: true }));
      const again = await this.putBack(lost, version);
      if (again) {
        view.take(again.records, again.version);
      }
      return again !== undefined;
    }
    const hint = newer ? '' : ` Delete the entry "${store.entry}" to start with nothing in maintenance.`;
    view.markUnreadable(version, warning + hint);
    touch.unreadable(warning + hint);
    return false;
  }

  /** @returns what is stored now, and the version of this process then; `undefined` if somebody else was faster */
  private async putBack(
    lost: readonly RecordWrite[],
    version: Version,
  ): Promise<{ records: ReadonlyMap<string, KeyRecord>; version: Version } | undefined> {
    const { store, touch, commandTimeout } = this.parts;
    const written = new Map<string, KeyRecord>();
    let at = version;
    let alone = true;
    for (const some of portions(lost)) {
      const deadline = performance.now() + commandTimeout;
      const { outcomes, before, version: after } = await store.write(some, at, deadline);
      some.forEach(({ name }, i) => {
        const outcome = outcomes[i];
        if (typeof outcome === 'object') {
          written.set(name, outcome);
        }
      });
      if (outcomes.includes('full')) {
        // tried again with the next heartbeat, when there may be room
        touch.warn('The maintenance state that the store has lost no longer fits into it.');
        return undefined;
      }
      if (outcomes.includes('conflict')) {
        this.askAgain();
        return undefined;
      }
      alone &&= before === at;
      at = after;
    }
    touch.restored();
    // what others have written in between is not known yet
    return { records: written, version: alone ? at : version };
  }
}

/** The writes in groups, none of which is too large to be sent at once. */
function portions(writes: readonly RecordWrite[]): RecordWrite[][] {
  const groups: RecordWrite[][] = [[]];
  let length = 0;
  for (const write of writes) {
    const more = encodeBody(write.record).length;
    const last = groups.at(-1) as RecordWrite[];
    if (last.length > 0 && (last.length >= MOST_AT_ONCE.records || length + more > MOST_AT_ONCE.length)) {
      groups.push([write]);
      length = more;
    } else {
      last.push(write);
      length += more;
    }
  }
  return groups;
}
