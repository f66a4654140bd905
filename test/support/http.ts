import { connect } from 'node:net';
import { Agent, type Dispatcher } from 'undici';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json<T = unknown>(): T;
}

export interface RequestInit {
  method?: Dispatcher.HttpMethod;
  headers?: Record<string, string | string[]>;
  /** Sent as it is. */
  body?: string | Buffer;
  /** Sent as JSON, with its content type. */
  json?: unknown;
}

/**
 * One request over a connection of its own. The path goes out as it is written (`//x`, `/a/../b`, `/%61`), and nothing
 * is added but `Host` and `Connection: close`.
 */
export async function request(port: number, path: string, init: RequestInit = {}): Promise<Answer> {
  const agent = new Agent();
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: `http://127.0.0.1:${port}`,
      path,
      method: init.method ?? 'GET',
      headers: { ...(init.json !== undefined && { 'content-type': 'application/json' }), ...init.headers },
      body: init.json === undefined ? init.body : JSON.stringify(init.json),
      reset: true,
    });
    const text = await body.text();
    return { status: statusCode, headers, text, json: <T>() => JSON.parse(text) as T };
  } finally {
    await agent.destroy();
  }
}

/**
 * Sends bytes untouched (a string as latin1) and gives what comes back until the server closes: ask for that with
 * `Connection: close`.
 */
export function raw(port: number, bytes: string | Buffer, timeout = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const answer = () => Buffer.concat(received).toString();
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes as string, 'latin1'));
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(answer()));
    socket.on('error', (error) => {
      if (!received.length) reject(error);
    });
    socket.setTimeout(timeout, () => {
      reject(new Error(`The connection stayed open for ${timeout} ms; received: ${answer()}`));
      socket.destroy();
    });
  });
}
