import { createHash } from 'node:crypto';
import type { ScriptSettings } from '../browser/settings.js';

/** A script ready to be sent. */
export interface ReadyScript {
  readonly body: Buffer;
  readonly etag: string;
}

/** How many bodies are cached: `socket.url` may return another URL for every host. */
const REMEMBERED = 16;

/** What precedes and follows the settings in a script. */
export type ScriptProgram = readonly [before: string, after: string];

/** Browser scripts with their settings. */
export class ScriptSource {
  private readonly ready = new Map<string, ReadyScript>();

  of([before, after]: ScriptProgram, settings: ScriptSettings): ReadyScript {
    const literal = asScript(settings);
    let script = this.ready.get(literal);
    if (!script) {
      const body = Buffer.from(`${before}(${literal})${after}`);
      script = { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
      if (this.ready.size >= REMEMBERED) {
        this.ready.clear();
      }
      this.ready.set(literal, script);
    }
    return script;
  }
}

/** JSON that means the same inside a script, including one that is part of a page. */
function asScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
