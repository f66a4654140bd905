import { expect, it } from 'vitest';
import type { Permissions } from '../../lib/access/permissions.js';
import { InfoPermission, type InfoClient } from '../../lib/access/info-permission.js';

const client: InfoClient = {
  subject: {} as InfoClient['subject'],
  mayBeAsked: () => true,
  onceGone: () => () => undefined,
};

it('a client gets its own permission check while that of an earlier client is late', async () => {
  const decisions: ((allowed: boolean | undefined) => void)[] = [];
  const decides = () => new Promise<boolean | undefined>((resolve) => decisions.push(resolve));
  const permission = new InfoPermission({ given: true, timeout: 100, decides } as unknown as Permissions);
  const key = {};
  expect(await permission.ask(key, client).inTime).toBeUndefined();
  const again = [permission.ask(key, client), permission.ask(key, client)];
  expect(decisions).toHaveLength(1);
  decisions[0]?.(undefined);
  await expect.poll(() => decisions.length).toBe(2);
  decisions[1]?.(true);
  expect(await Promise.all(again.map(({ answer }) => answer))).toEqual([true, true]);
  expect(decisions).toHaveLength(2);
});
