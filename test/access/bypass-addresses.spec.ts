import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { BypassAddresses } from '../../lib/access/bypass-addresses.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is left on the heap, in bytes. */
function kept(make: (index: number) => string): number {
  const addresses = new BypassAddresses(['10.0.0.0/8']);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 900; index++) {
    expect(addresses.has(make(index))).toBe(false);
  }
  collect();
  const after = process.memoryUsage().heapUsed;
  expect(addresses.has('10.1.2.3')).toBe(true);
  return after - before;
}

/** As a proxy passes it on, behind what its client has invented. */
const forwarded = (address: string): string => {
  const header = Buffer.from(`${'x'.repeat(15_000)}, ${address}`).toString('latin1');
  return header.slice(header.lastIndexOf(',') + 1).trim();
};

it('of the headers from which addresses are taken nothing is kept', () => {
  expect(kept((index) => forwarded(`2001:db8:1111:2222:3333:4444:5555:${index.toString(16)}`))).toBeLessThan(
    1_000_000,
  );
  expect(kept((index) => forwarded(`fe80::1%${'z'.repeat(10_000)}${index}`))).toBeLessThan(1_000_000);
  expect(kept((index) => Buffer.alloc(15_000, `${index} `).toString('latin1'))).toBeLessThan(1_000_000);
});

it.each<[entry: string, in4: boolean, in6: boolean]>([
  ['::/0', false, true],
  ['::/64', false, false],
  ['0.0.0.0/0', true, false],
  ['::ffff:0.0.0.0/96', true, false],
  ['::ffff:0:0/96', true, false],
  ['::ffff:c000:200/120', true, false],
  ['0:0:0:0:0:ffff:c000:201', true, false],
  ['192.0.2.0/24', true, false],
  ['2001:db8::/32', false, true],
])('a range of one family admits nobody of the other: %s', (entry, in4, in6) => {
  const addresses = new BypassAddresses([entry]);
  const admitted = ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '2001:db8::1', '2001:db8::1%eth0'];
  expect(admitted.map((address) => addresses.has(address))).toEqual([in4, in4, in4, in6, in6]);
});
