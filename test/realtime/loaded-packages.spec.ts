import { describe, expect, it } from 'vitest';
import { Child } from '../support/child.js';

/** CommonJS all of them, so each is in the cache of modules once it is loaded, however it was asked for. */
const OPTIONAL = new Set(['socket.io', 'engine.io', 'ws', 'class-validator', 'class-transformer']);

async function loaded(options: object, write = false): Promise<string[]> {
  await using app = await Child.start<string[]>('loaded-packages', {
    args: [JSON.stringify(options), String(write)],
  });
  return app.facts.filter((name) => OPTIONAL.has(name)).sort();
}

describe('an application', () => {
  it('that switches socket and admin off loads neither socket.io nor class-validator', async () => {
    expect(await loaded({ socket: false, admin: false })).toEqual([]);
  });

  it('that switches one of them on loads what that one needs', async () => {
    expect(await loaded({ admin: false })).toEqual(['engine.io', 'socket.io', 'ws']);
    // with the first change
    expect(await loaded({ socket: false })).toEqual([]);
    expect(await loaded({ socket: false }, true)).toEqual(['class-validator']);
  });
});
