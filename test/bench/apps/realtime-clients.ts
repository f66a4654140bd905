// Many clients in a process of their own, as cheap as they can be: WebSockets that speak just enough of the protocol.
import { WebSocket } from 'ws';
import { answer } from '../../support/answer.js';

interface Group {
  readonly sockets: WebSocket[];
  heard: number;
  /** When the last was heard, on the clock that all processes of a machine share, in milliseconds. */
  last: number;
}

const groups = new Map<number, Group>();
const CONNECTING = 200;

function connect(port: number, group: Group): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    group.sockets.push(socket);
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      const packet = data.toString();
      if (packet.startsWith('0')) {
        socket.send('40/maintenance,');
      } else if (packet === '2') {
        socket.send('3');
      } else if (packet.startsWith('42/maintenance,["status"')) {
        group.heard++;
        group.last = Number(process.hrtime.bigint()) / 1e6;
        resolve();
      }
    });
  });
}

answer({
  connect: async (port: number, count: number) => {
    const group: Group = groups.get(port) ?? { sockets: [], heard: 0, last: 0 };
    groups.set(port, group);
    for (let left = count; left > 0; left -= CONNECTING) {
      await Promise.all(Array.from({ length: Math.min(left, CONNECTING) }, () => connect(port, group)));
    }
  },
  reset: (port: number) => {
    Object.assign(groups.get(port) as Group, { heard: 0, last: 0 });
  },
  heard: (port: number) => {
    const { heard, last } = groups.get(port) as Group;
    return { heard, last };
  },
  close: () => {
    for (const { sockets } of groups.values()) sockets.forEach((socket) => socket.terminate());
    groups.clear();
  },
});
