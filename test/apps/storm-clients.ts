// A crowd of clients in a process of its own: WebSockets that speak just enough of the protocol, and come back when they are
// closed, all at once.
import { WebSocket } from 'ws';
import { answer } from '../support/answer.js';

/** How the crowd fares. */
export interface Crowd {
  /** Clients that are connected, and have been told the state since. */
  readonly told: number;
  /** States told to those, first ones and later ones. */
  readonly statuses: number;
  /** How many have heard that the site is in maintenance. */
  readonly closed: number;
  /** Connections that have ended so far. */
  readonly closings: number;
}

/** Milliseconds within which all come back, and those who were not let in try again. */
const SPREAD = 500;

class Client {
  statuses = 0;
  closed = false;
  #socket: WebSocket | undefined;

  constructor(private readonly port: number) {}

  connect(): void {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
      // what the kernel of a server has no place for it drops without a word: as long as the browser script waits
      handshakeTimeout: 10_000,
    });
    this.#socket = socket;
    this.statuses = 0;
    // it closes then
    socket.on('error', () => undefined);
    socket.on('close', () => {
      closings++;
      this.statuses = 0;
      if (this.#socket) setTimeout(() => this.#socket && this.connect(), Math.random() * SPREAD);
    });
    socket.on('message', (data: Buffer) => {
      const packet = data.toString();
      if (packet.startsWith('0')) {
        socket.send('40/maintenance,');
      } else if (packet === '2') {
        socket.send('3');
      } else if (packet.startsWith('42/maintenance,["status"')) {
        this.statuses++;
        this.closed = packet.includes('"maintenanceMode":true');
      }
    });
  }

  leave(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
  }
}

const clients: Client[] = [];
let closings = 0;

answer({
  join: (port: number, count: number) => {
    for (let i = 0; i < count; i++) {
      const client = new Client(port);
      clients.push(client);
      client.connect();
    }
  },
  crowd: (): Crowd => ({
    told: clients.filter(({ statuses }) => statuses > 0).length,
    statuses: clients.reduce((sum, { statuses }) => sum + statuses, 0),
    closed: clients.filter(({ closed, statuses }) => closed && statuses > 0).length,
    closings,
  }),
  leave: () => {
    for (const client of clients.splice(0)) client.leave();
  },
});
