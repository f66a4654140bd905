import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import * as library from '../../lib/index.js';
import { STRUCTURAL_DEFAULTS } from '../../lib/options/structural-options.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { manifest } from '../package/packed.js';
import { diagnose } from '../support/compile-sources.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const HOME = 'https://github.com/nestjs-maintenance/nestjs-maintenance/blob/main/';

interface Page {
  /** Below the root of the project. */
  readonly file: string;
  readonly text: string;
}

const pages: readonly Page[] = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((file) => ({ file, text: readFileSync(root + file, 'utf8') }));

const pageOf = (file: string): string => pages.find((page) => page.file === file)?.text ?? '';

/** What the documents leave to their reader to have. */
const READERS = `
  declare const service: import('nestjs-maintenance').MaintenanceService;
  declare class Settings { redisUrl: string }
  declare class Staff { isShopManager(request: unknown): boolean }
  declare class SessionGuard { canActivate(): boolean }
  declare class AppModule {}
  declare const i18n: { translate(text: string, options: { lang: string }): string };
  declare function importAll(options: { signal: AbortSignal; fence: number }): Promise<number>;
  declare function move(table: string): Promise<void>;
  declare function escapeHtml(text: string): string;
  declare function userOf(subject: unknown): { role: string } | undefined;
`;

const blocks = pages.flatMap(({ file, text }) =>
  [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length + 1;
    return { code, file, line, module: `${root}docs/${file.replaceAll(/\W/g, '_')}-line-${line}.ts` };
  }),
);

/** Every error of every block, with the page and the line it is in. */
function errors(): string[] {
  const sources = new Map([[`${root}docs/readers.d.ts`, READERS]]);
  for (const { code, module } of blocks) sources.set(module, `${code}\nexport {};\n`);
  return diagnose(sources).map(({ file, start = 0, messageText }) => {
    const block = blocks.find(({ module }) => module === file?.fileName);
    const line = (block?.line ?? 0) + (file?.getLineAndCharacterOfPosition(start).line ?? 0);
    return `${block?.file}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

const shown = (value: unknown): string | undefined =>
  typeof value === 'number' ? `\`${value}\`` : typeof value === 'string' ? `\`'${value}'\`` : undefined;

const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** Broken links of a page. */
function deadLinks({ file, text }: Page): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(({ 1: link = '' }) => link);
  return links.filter((link) => {
    const [path = '', anchor] = link.replace(HOME, '').split('#');
    if (path.includes('://')) {
      return false;
    }
    const target = path === '' ? file : link.startsWith(HOME) ? path : join(dirname(file), path);
    const anchors = [...pageOf(target).matchAll(/^#+ (.*)$/gm)].map(({ 1: heading = '' }) => slug(heading));
    return !existsSync(root + target) || (anchor !== undefined && !anchors.includes(anchor));
  });
}

describe('the documents', () => {
  it('have code that compiles', () => {
    expect(blocks.length).toBeGreaterThan(20);
    expect(errors()).toEqual([]);
  }, 120_000);

  it('name every option with its default', () => {
    const table = pageOf('docs/options.md');
    const row = (name: string) =>
      new RegExp(`^\\| \`${name}\`( \\*)? +\\| +(.*?) +\\|`, 'm').exec(table)?.[2];
    for (const [name, value] of Object.entries(STRUCTURAL_DEFAULTS)) {
      const shown = typeof value === 'string' ? `'${value}'` : Array.isArray(value) ? '[]' : String(value);
      expect(row(name), name).toBe(`\`${shown}\``);
    }
    for (const [name, value] of Object.entries(resolveOptions({}))) {
      const said = row(name)?.replaceAll(/(?<=\d)_(?=\d)/g, '');
      expect(said, name).toBeTruthy();
      // what is no number or text is described
      expect(shown(value) ?? said, name).toBe(said);
    }
  });

  it('name every error', () => {
    const errors = Object.keys(library).filter((name) => /(Error|Exception)$/.test(name));
    expect(errors.length).toBeGreaterThan(7);
    const page = pageOf('docs/errors.md');
    expect(errors.filter((name) => !new RegExp(`^\\| \`${name}\` `, 'm').test(page))).toEqual([]);
  });

  it.each(pages)('$file has no broken links', (page) => {
    expect(deadLinks(page)).toEqual([]);
  });

  it('mention only scripts that exist', () => {
    const scripts = (manifest as unknown as { scripts: Record<string, string> }).scripts;
    const asked = pages.flatMap(({ text }) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map(({ 1: name = '' }) => name),
    );
    expect(asked.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('have a README that a package page can show', () => {
    const readme = pageOf('README.md');
    expect(Buffer.byteLength(readme)).toBeLessThan(9_000);
    const local = [...readme.matchAll(/\]\(([^)\s]+)\)/g)].filter(
      ({ 1: link = '' }) => !link.includes('://'),
    );
    expect(local).toEqual([]);
  });
});
