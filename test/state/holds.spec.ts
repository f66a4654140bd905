import { describe, expect, it } from 'vitest';
import { isOvertaken, withHold, withoutHold } from '../../lib/core/document/holds.js';
import { hold, notice, record } from './documents.js';

const alive = () => true;
const dead = () => false;
const ids = (edit: ReturnType<typeof withoutHold>) => edit?.holds.map(({ id }) => id);

const shared = { isLive: alive, exclusive: true };

describe('entering a key', () => {
  const own = hold({ id: 'own', fence: 5, message: 'mine' });

  it('adds the hold and its texts, and does not change the switch', () => {
    const on = notice({ message: 'operator' });
    const edit = withHold(record({ switch: on, holds: [hold({ locked: false })] }), own, shared);
    expect(edit).toMatchObject({ switch: on, cause: 'maintain', message: 'mine', hooks: true });
    expect(ids(edit)).toEqual(['hold-1', 'own']);
    expect(ids(withHold(undefined, own, shared))).toEqual(['own']);
  });

  it('keeps what dead holders of the lock left behind as one hold: the latest end, the earliest start', () => {
    const before = record({
      holds: [
        hold({ id: 'short', fence: 1, since: 100, until: 900 }),
        hold({ id: 'long', fence: 2, since: 300, until: null }),
        hold({ id: 'other', fence: 3, since: 500, until: 5_000 }),
        hold({ id: 'free', locked: false }),
      ],
    });
    const edit = withHold(before, own, shared);
    expect(ids(edit)).toEqual(['short', 'free', 'own']);
    expect(edit.holds[0]).toMatchObject({ fence: 1, since: 100, until: null });
  });

  it('ends what several left behind for nobody who was only one of them', () => {
    const before = record({
      holds: [hold({ id: 'half-done', fence: 1, until: 5_000 }), hold({ id: 'gave-up', fence: 2 })],
    });
    const both = record({ holds: withHold(before, own, shared).holds });
    for (const id of ['half-done', 'gave-up'])
      for (const takeover of [undefined, shared]) expect(withoutHold(both, id, takeover)).toBeNull();
    const left = withoutHold(both, 'own');
    expect(left?.holds).toMatchObject([{ id: 'half-done', until: null }]);
    expect(ids(withoutHold(both, 'own', shared))).toEqual([]);
  });

  it('does not touch living holds if other processes have their own locks', () => {
    const before = record({ holds: [hold({ id: 'a', fence: 1 }), hold({ id: 'b', fence: 9 })] });
    const separate = { isLive: alive, exclusive: false };
    expect(ids(withHold(before, own, separate))).toEqual(['a', 'b', 'own']);
    expect(ids(withHold(before, own, { ...separate, isLive: dead }))).toEqual(['a', 'own']);
  });

  it('is too late if a newer holder is working, but not if it has died', () => {
    const newer = record({ holds: [hold({ id: 'newer', fence: 6 })] });
    const older = record({ holds: [hold({ id: 'older', fence: 4 })] });
    expect(isOvertaken(newer, own, shared)).toBe(true);
    expect(isOvertaken(newer, own, { ...shared, isLive: dead })).toBe(false);
    expect(isOvertaken(older, own, shared)).toBe(false);
    expect(isOvertaken(undefined, own, shared)).toBe(false);
  });
});

describe('leaving a key', () => {
  it('removes one hold and nothing else', () => {
    const on = notice();
    const before = record({ switch: on, holds: [hold({ id: 'a' }), hold({ id: 'b', actor: 'ada' })] });
    const edit = withoutHold(before, 'b');
    expect(edit).toMatchObject({ switch: on, cause: 'release', actor: 'ada' });
    expect(ids(edit)).toEqual(['a']);
  });

  it('has nothing to do when the hold is gone', () => {
    expect(withoutHold(record({ holds: [hold()] }), 'other')).toBeNull();
    expect(withoutHold(undefined, 'any')).toBeNull();
  });

  it('after work also removes holds that earlier holders of the lock left behind, if locks are shared', () => {
    const holds = [
      hold({ id: 'died', fence: 2 }),
      hold({ id: 'free', fence: 3, locked: false }),
      hold({ id: 'own', fence: 5 }),
      hold({ id: 'newer', fence: 6 }),
    ];
    expect(ids(withoutHold(record({ holds }), 'own', shared))).toEqual(['free', 'newer']);
    expect(ids(withoutHold(record({ holds }), 'own'))).toEqual(['died', 'free', 'newer']);
    expect(ids(withoutHold(record({ holds }), 'free', shared))).toEqual(['died', 'own', 'newer']);
  });

  it('after work also removes only dead holds if other processes have their own locks', () => {
    const holds = [hold({ id: 'other', fence: 2 }), hold({ id: 'own', fence: 5 })];
    const separate = { isLive: alive, exclusive: false };
    expect(ids(withoutHold(record({ holds }), 'own', separate))).toEqual(['other']);
    expect(ids(withoutHold(record({ holds }), 'own', { ...separate, isLive: dead }))).toEqual([]);
  });
});
