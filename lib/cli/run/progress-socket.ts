import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../core/errors/message-of.js';
import { CliError, EXIT } from '../exit.js';
import type { ProgressNote } from './progress-text.js';

/** The environment variable by which the command finds us. */
export const PROGRESS_VARIABLE = 'MAINTENANCE_PROGRESS';

/** Characters of a note: steps are short. */
const LONGEST = 65_536;
/** Milliseconds that an answer may take. */
const TIMEOUT = 2_000;

/** Receives what the command and its children report with `nestjs-maintenance progress`; only from the same user. */
export class ProgressSocket {
  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    readonly path: string,
  ) {}

  /** @param take throws if a note is not accepted */
  static async open(take: (note: ProgressNote) => void): Promise<ProgressSocket> {
    // only this user may enter it
    const folder = await mkdtemp(join(tmpdir(), 'maintenance-'));
    const path = join(folder, 'progress');
    const server = createServer((socket) => serve(socket, take));
    try {
      server.listen(path);
      await once(server, 'listening');
    } catch (error) {
      // a path that is too long for a socket, for example
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    server.unref();
    return new ProgressSocket(server, folder, path);
  }

  async close(): Promise<void> {
    this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function serve(socket: Socket, take: (note: ProgressNote) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(TIMEOUT, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > LONGEST) {
      socket.destroy();
    } else if (text.endsWith('\n')) {
      socket.end(`${answer(text, take)}\n`);
    }
  });
}

function answer(text: string, take: (note: ProgressNote) => void): string {
  try {
    take(JSON.parse(text) as ProgressNote);
    return 'ok';
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Reports to `run` how far the command is.
 * @throws CliError if nobody accepts it
 */
export async function sendProgress(path: string, note: ProgressNote): Promise<void> {
  const socket = connect(path);
  socket.setEncoding('utf8');
  socket.setTimeout(TIMEOUT, () => socket.destroy(new Error(`no answer within ${TIMEOUT} ms`)));
  let said = '';
  socket.on('data', (chunk: string) => (said += chunk));
  try {
    await once(socket, 'connect');
    socket.write(`${JSON.stringify(note)}\n`);
    await once(socket, 'close');
  } catch (error) {
    throw new CliError(
      EXIT.unknown,
      `run cannot be reached and may have ended: ${messageOf(error)}.`,
      'CLI_UNREACHABLE',
    );
  }
  if (said.trim() !== 'ok') {
    throw new CliError(
      EXIT.failed,
      `run rejected the progress: ${said.trim() || 'no answer'}`,
      'CLI_REFUSED',
    );
  }
}
