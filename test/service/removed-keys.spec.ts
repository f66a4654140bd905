import { createCache } from 'cache-manager';
import { MaintenanceKey, UnknownMaintenanceKeyError } from 'nestjs-maintenance';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { failure, started } from '../module/started.js';

const KEY = 'billing-2024';

describe('a key that was removed while it was on', () => {
  it('can be unset, which clears everything recorded', async () => {
    const cache = createCache();
    await using before = await started({ cache, keys: [new MaintenanceKey(KEY)] });
    await before.service.setMaintenance(true, KEY, { message: 'closed' });
    const held = await before.service.maintain(KEY);

    await using after = await started({ cache });
    await after.service.unsetMaintenance(KEY);
    await before.service.refresh();
    expect(before.service.isActive(KEY)).toBe(false);
    expect(held.signal.reason).toMatchObject({ name: 'MaintenanceLockLostError' });
    await held.leave();
    // and again, where nothing is left
    await after.service.unsetMaintenance(KEY);
    await before.service.maintain(KEY, () => expect(before.service.isActive(KEY)).toBe(true));
  });

  it('is unknown otherwise, and so is a name that was never stored', async () => {
    await using at = await started({ cache: createCache() });
    for (const call of [
      at.service.unsetMaintenance(KEY),
      at.service.setMaintenance(false, KEY),
      at.service.maintain(KEY),
      at.service.unsetMaintenance('no name' as never),
    ]) {
      expect(await failure(call)).toBeInstanceOf(UnknownMaintenanceKeyError);
    }
  });
});

describe('the holder of a key', () => {
  it('is reported with host and pid, the one with the lock first', async () => {
    await using at = await started({ keys: [new MaintenanceKey(KEY)] });
    const holder = async () => (await at.service.getKeyData())[KEY]?.holder;
    expect(await holder()).toBeNull();
    const locked = await at.service.maintain(KEY);
    const since = (await holder())?.since;
    expect(await holder()).toEqual({ host: hostname(), pid: process.pid, since, step: null });
    const state = at.service.isInMaintenance(undefined, KEY).state;
    expect(state?.holds).toMatchObject([{ host: hostname(), pid: process.pid, abandoned: false }]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const other = await at.service.maintain(KEY, { lock: false });
    expect(await holder()).toMatchObject({ since });
    await locked.leave();
    expect((await holder())?.since).not.toBe(since);
    await other.leave();
    await at.service.setMaintenance(true, KEY);
    expect(await holder()).toBeNull();
  });
});
