import type { SocketRow } from '../corpus.js';

export const event = (json: string, ack = ''): string => `42/maintenance,${ack}${json}`;
export const TOLD = '43/maintenance,1[{"maintenanceMode":true,';
export const MALFORMED = '43/maintenance,1[{"error":"Malformed ping';

export const malformed = (args: string, why: string): SocketRow => ({
  name: `ping with ${args.slice(0, 40)}`,
  send: [event(`["ping",${args}]`, '1')],
  answer: MALFORMED,
  holds: '"maintenanceMode":true',
  why,
});
export const unknown = (name: string, json: string, why: string): SocketRow => ({
  name: `ping for ${name}`,
  send: [event(`["ping",${json}]`, '1')],
  answer: TOLD,
  lacks: 'currentMode',
  why,
});
type Packets = string | SocketRow['send'];
const all = (packets: Packets): SocketRow['send'] => (typeof packets === 'string' ? [packets] : packets);
export const known = (name: string, packets: Packets, why: string): SocketRow => ({
  name,
  send: all(packets),
  answer: TOLD,
  holds: '"currentMode":true',
  why,
});
export const silent = (name: string, packet: string | Buffer, why: string): SocketRow => ({
  name,
  send: [packet],
  answer: 'silence',
  why,
});
export const closed = (name: string, packets: Packets, why: string): SocketRow => ({
  name,
  send: all(packets),
  answer: 'closed',
  why,
});
