import { get, type Row } from '../corpus.js';

const spoofed = (value: string, why: string): Row => ({
  name: `X-Forwarded-For: ${value.slice(0, 40)}`,
  send: get('/api/x', `X-Forwarded-For: ${value}`),
  status: 503,
  why,
});

/** Without a trusted proxy a header says nothing about an address. */
export const addresses: Row[] = [
  spoofed('10.0.0.5', 'nobody is trusted to say so'),
  spoofed('10.0.0.5, 127.0.0.1', 'nobody is trusted to say so'),
  { name: 'Forwarded', send: get('/api/x', 'Forwarded: for=10.0.0.5'), status: 503, why: 'not read' },
  { name: 'X-Real-IP', send: get('/api/x', 'X-Real-IP: 10.0.0.5'), status: 503, why: 'not read' },
  { name: 'Client-IP', send: get('/api/x', 'Client-IP: 10.0.0.5'), status: 503, why: 'not read' },
];

/** Behind a trusted proxy the header is the address, and only a whole address in the list passes. */
export const proxied: Row[] = [
  { ...spoofed('10.0.0.5', 'in the list'), status: 200 },
  { ...spoofed('::ffff:10.0.0.5', 'the same address, mapped'), status: 200 },
  { ...spoofed('2001:db8::1', 'in the list'), status: 200 },
  { ...spoofed('2001:DB8:0:0:0:0:0:1', 'the same address, spelled out'), status: 200 },
  spoofed('010.0.0.5', 'an octal spelling is not an address'),
  spoofed('10.0.0.5:1234', 'an address with a port is invalid'),
  spoofed('0x0a000005', 'a number is not an address'),
  spoofed('167772165', 'a number is not an address'),
  spoofed('10.0.0', 'a short address is invalid'),
  spoofed('unknown', 'says nothing'),
  spoofed('_hidden', 'says nothing'),
  spoofed('11.0.0.1', 'not in the list'),
  spoofed('2001:db9::1', 'not in the list'),
  spoofed('10.0.0.0/8', 'a range is no address'),
  spoofed(`10.0.0.5${'0'.repeat(2_000)}`, 'no address'),
  spoofed('', 'the proxy itself, which is not in the list'),
];
