import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import { CliError, EXIT } from '../exit.js';
import type { Output } from '../output.js';

/** Milliseconds between two looks whether the file is as it should be. */
const LOOK_INTERVAL = 1_000;

/** Writes a page at once or not at all: a proxy never serves half of it. @throws CliError */
export async function writePage(file: string, html: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  try {
    await writeFile(temporary, html);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw problemOf(file, 'written', error);
  }
}

/** A file that exists while a key is on. */
export class PageFile {
  private queue = Promise.resolve();
  /** What the file is to show. */
  private wanted: MaintenanceKeyJson | undefined;
  private failed = false;
  /** What was said about a failure: it is tried again and again. */
  private said: string | undefined;

  constructor(
    private readonly file: string,
    private readonly render: (key: MaintenanceKeyJson) => string,
    private readonly out: Output,
  ) {}

  /** @throws CliError */
  async follow(key: MaintenanceKeyJson): Promise<void> {
    this.wanted = key;
    this.failed = true;
    const { file, out } = this;
    if (key.value) {
      await writePage(file, this.render(key));
    } else {
      await rm(file, { force: true }).catch((error: unknown) => {
        throw problemOf(file, 'removed', error);
      });
    }
    this.failed = false;
    this.said = undefined;
    out.result({ file, written: key.value, key: key.name }, () =>
      out.line(key.value ? `Wrote ${file}.` : `${key.name} is open; ${file} does not exist.`),
    );
  }

  /** One after another: the last state is the one that stays. */
  enqueue(key: MaintenanceKeyJson): void {
    this.run(() => this.follow(key));
  }

  /** Sees to it that the file stays as it should be: a disk may be full for a while, and a deployment may remove it. */
  keep(): () => Promise<void> {
    const looking = setInterval(() => this.run(() => this.look()), LOOK_INTERVAL);
    return () => {
      clearInterval(looking);
      return this.queue;
    };
  }

  private async look(): Promise<void> {
    const { wanted } = this;
    if (wanted && (this.failed || existsSync(this.file) !== wanted.value)) {
      await this.follow(wanted);
    }
  }

  private run(work: () => Promise<void>): void {
    this.queue = this.queue.then(work).catch((error: unknown) => {
      const { message } = error as Error;
      if (message !== this.said) {
        this.said = message;
        this.out.error(message);
      }
    });
  }
}

function problemOf(file: string, what: 'written' | 'removed', error: unknown): CliError {
  const why = (error as Error).message.replace(/, \w+ '.*$/s, '');
  return new CliError(EXIT.failed, `${file} could not be ${what}: ${why}`, 'CLI_FILE');
}
