import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../support/child.js';
import { RedisServer } from '../support/redis.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}ARCHITECTURE.md`, 'utf8');

/** The files that a story of the page stops at, in order. */
function stopsOf(heading: string): string[] {
  const story = page.split(`### ${heading}\n`)[1]?.split(/^##/m)[0] ?? '';
  return [...story.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file = '']) => file);
}

const textOf = (file: string): string => readFileSync(`${root}lib/${file}`, 'utf8');

/** The files of lib/ that one of them imports, types too. */
function importsOf(file: string): string[] {
  return [...textOf(file).matchAll(/from '(\.[^']+)\.js'/g)].map(
    ([, path = '']) => `${join(dirname(file), path)}.ts`,
  );
}

/** Is a file reached from another: imported by it, given to it as a callback, or behind a port that it knows. */
function reaches(before: string, file: string): boolean {
  const ports = [...textOf(file).matchAll(/ implements (\w+)/g)].map(([, port = '']) => port);
  return (
    importsOf(before).includes(file) ||
    importsOf(file).includes(before) ||
    ports.some((port) => new RegExp(`import .*\\b${port}\\b`).test(textOf(before)))
  );
}

describe('ARCHITECTURE.md', () => {
  it('names only files that exist', () => {
    const named = [...page.matchAll(/`((?:lib\/)?[\w./-]+\.(?:ts|lua|mjs|md))`/g)].map(
      ([, file = '']) => file,
    );
    const missing = named.filter(
      (file) =>
        ![file, `lib/${file}`, `lib/core/store/redis/${file}`].some((path) => existsSync(root + path)),
    );
    expect(named.length).toBeGreaterThan(40);
    expect(missing).toEqual([]);
  });

  describe('tells stories as they happen', () => {
    let server: RedisServer;
    let child: Child;
    beforeAll(async () => {
      server = await RedisServer.start();
      child = await Child.start('stories', {
        flags: ['--conditions=each-file'],
        env: { REDIS_URL: server.url },
      });
    });
    afterAll(async () => {
      await child[Symbol.asyncDispose]();
      await server.stop();
    });

    const CHANGE = 'A change, written to Redis';
    it.each([
      { headings: ['A refused request for JSON'], story: 'refusal', most: 12 },
      { headings: [CHANGE], story: 'change', most: 9 },
      { headings: [CHANGE, 'The same change, on a socket elsewhere'], story: 'socket', most: 14 },
      { headings: ['A drain'], story: 'drain', most: 10 },
    ])('$headings: at most $most stops, each reached from one before', async ({ headings, story, most }) => {
      const stops = headings.flatMap(stopsOf);
      expect(stops.length).toBeGreaterThan(5);
      expect(stops.length).toBeLessThanOrEqual(most);
      const run = await child.send<string[]>('play', story);
      expect(stops.filter((file) => !run.includes(file))).toEqual([]);
      const firsts = new Set(headings.map((heading) => stopsOf(heading)[0]));
      const unreached = stops.filter(
        (file, index) => !firsts.has(file) && !stops.slice(0, index).some((before) => reaches(before, file)),
      );
      expect(unreached).toEqual([]);
    });
  });
});

describe('lib/', () => {
  const sources = readdirSync(`${root}lib`, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:ts|mjs|lua|css)$/.test(file) && !file.endsWith('.generated.ts'))
    .map((file) => file.replaceAll('\\', '/'));

  it('has at most six files at its root, and none of more than 200 lines', () => {
    const lines = (file: string): number => textOf(file).split('\n').length - 1;
    expect(sources.length).toBeGreaterThan(300);
    expect(sources.filter((file) => !file.includes('/') && file.endsWith('.ts')).length).toBeLessThanOrEqual(
      6,
    );
    expect(sources.filter((file) => lines(file) > 200)).toEqual([]);
  });
});
