import { describe, expect, it } from 'vitest';
import { isOvertaken, withHold, withoutHold } from '../../lib/state/holds.js';
import { hold, notice, record } from './documents.js';

const alive = () => true;
const dead = () => false;
const ids = (edit: ReturnType<typeof withoutHold>) => edit?.holds.map(({ id }) => id);

describe('entering', () => {
  const own = hold({ id: 'own', fence: 5, message: 'mine' });

  it('adds the hold, leaves the switch, and says what the hold says', () => {
    const on = notice({ message: 'operator' });
    const edit = withHold(record({ switch: on, holds: [hold({ locked: false })] }), {
      hold: own,
      isLive: alive,
      exclusive: true,
    });
    expect(edit).toMatchObject({ switch: on, cause: 'maintain', message: 'mine', hooks: true });
    expect(ids(edit)).toEqual(['hold-1', 'own']);
    expect(ids(withHold(undefined, { hold: own, isLive: alive, exclusive: true }))).toEqual(['own']);
  });

  it('takes over from whoever had the lock, where a lock holds for all', () => {
    const before = record({ holds: [hold({ id: 'died' }), hold({ id: 'free', locked: false })] });
    expect(ids(withHold(before, { hold: own, isLive: alive, exclusive: true }))).toEqual(['free', 'own']);
  });

  it('takes over only from the dead, where other processes have locks of their own', () => {
    const before = record({ holds: [hold({ id: 'other' })] });
    expect(ids(withHold(before, { hold: own, isLive: alive, exclusive: false }))).toEqual(['other', 'own']);
    expect(ids(withHold(before, { hold: own, isLive: dead, exclusive: false }))).toEqual(['own']);
  });

  it('without the lock takes over from nobody', () => {
    const before = record({ holds: [hold({ id: 'died' })] });
    const unlocked = { ...own, locked: false };
    expect(ids(withHold(before, { hold: unlocked, isLive: dead, exclusive: true }))).toEqual(['died', 'own']);
  });

  it('is too late when a newer holder is at work, and not when that one died', () => {
    const newer = record({ holds: [hold({ id: 'newer', fence: 6 })] });
    const older = record({ holds: [hold({ id: 'older', fence: 4 })] });
    expect(isOvertaken(newer, { hold: own, isLive: alive, exclusive: true })).toBe(true);
    expect(isOvertaken(newer, { hold: own, isLive: dead, exclusive: true })).toBe(false);
    expect(isOvertaken(older, { hold: own, isLive: alive, exclusive: true })).toBe(false);
    expect(isOvertaken(undefined, { hold: own, isLive: alive, exclusive: true })).toBe(false);
  });
});

describe('leaving', () => {
  it('takes out one hold and nothing else', () => {
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
});
