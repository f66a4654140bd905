import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import * as library from '../../lib/index.js';
import { STRUCTURAL_DEFAULTS } from '../../lib/options/options.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { manifest } from '../package/packed.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');

/** What the README leaves to its reader to have. */
const READERS = `
  declare const service: import('nestjs-maintenance').MaintenanceService;
  declare class Settings { redisUrl: string }
  declare class Staff { isShopManager(request: unknown): boolean }
  declare class SessionGuard { canActivate(): boolean }
  declare class AppModule {}
  declare const i18n: { translate(text: string, options: { lang: string }): string };
  declare function importAll(options: { signal: AbortSignal; fence: number }): Promise<number>;
  declare function escapeHtml(text: string): string;
  declare function userOf(subject: unknown): { role: string } | undefined;
`;

const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(({ 1: code = '', index }) => ({
  code,
  line: readme.slice(0, index).split('\n').length + 1,
}));

/** Every error of every block, with the line of the README it is in. */
function errors(): string[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const sources = new Map([[`${root}readme/readers.d.ts`, READERS]]);
  for (const { code, line } of blocks) sources.set(`${root}readme/line-${line}.ts`, `${code}\nexport {};\n`);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.getSourceFile = (file, target, ...rest) => {
    const text = sources.get(file);
    return text === undefined
      ? getSourceFile(file, target, ...rest)
      : ts.createSourceFile(file, text, target);
  };
  const program = ts.createProgram([...sources.keys()], { ...options, noEmit: true }, host);
  return program
    .getSourceFiles()
    .filter(({ fileName }) => sources.has(fileName))
    .flatMap((file) => [program.getSyntacticDiagnostics(file), program.getSemanticDiagnostics(file)].flat())
    .map(({ file, start = 0, messageText }) => {
      const begin = Number(/line-(\d+)/.exec(file?.fileName ?? '')?.[1] ?? 0);
      const line = begin + (file?.getLineAndCharacterOfPosition(start).line ?? 0);
      return `README.md:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
}

describe('the README', () => {
  it('has code that compiles', () => {
    expect(blocks.length).toBeGreaterThan(15);
    expect(errors()).toEqual([]);
  }, 120_000);

  it('names every option with its default', () => {
    const table = /^## Options$(.*?)^## /ms.exec(readme)?.[1] ?? '';
    const row = (name: string) =>
      new RegExp(`^\\| \`${name}\`( \\*)? +\\| +(.*?) +\\|`, 'm').exec(table)?.[2];
    for (const [name, value] of Object.entries(STRUCTURAL_DEFAULTS)) {
      const shown = typeof value === 'string' ? `'${value}'` : String(value);
      expect(row(name), name).toBe(`\`${shown}\``);
    }
    const defaults = resolveOptions({});
    expect(row('statusCode')).toBe(`\`${defaults.statusCode}\``);
    expect(row('refreshDelay')?.replace('_', '')).toBe(`\`${defaults.refreshDelay}\``);
    expect(row('commandTimeout')).toBe(`\`${defaults.commandTimeout}\``);
    expect(row('namespace')).toBe(`'${defaults.namespace}'`.replace(/^|$/g, '`'));
    expect(row('onStale')).toBe(`'${defaults.onStale}'`.replace(/^|$/g, '`'));
    const others = ['redis', 'cache', 'keys', 'template', 'ignorePaths', 'responseType', 'redirect'];
    for (const name of [...others, 'bypass', 'permissions', 'translate'])
      expect(row(name), name).toBeTruthy();
  });

  it('names every error', () => {
    const errors = Object.keys(library).filter((name) =>
      /^Maintenance.*(Error|Exception)$|Error$/.test(name),
    );
    expect(errors.length).toBeGreaterThan(7);
    expect(errors.filter((name) => !new RegExp(`^\\| \`${name}\` `, 'm').test(readme))).toEqual([]);
  });

  it('leads nowhere that is not there', () => {
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-');
    const anchors = new Set(
      [...readme.matchAll(/^#+ (.*)$/gm)].map(({ 1: heading = '' }) => `#${slug(heading)}`),
    );
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(({ 1: link = '' }) => link);
    const dead = links.filter((link) =>
      link.startsWith('#') ? !anchors.has(link) : !link.includes('://') && !existsSync(root + link),
    );
    expect(dead).toEqual([]);
  });

  it('asks only for scripts that exist', () => {
    const scripts = (manifest as unknown as { scripts: Record<string, string> }).scripts;
    const asked = [...readme.matchAll(/npm run ([\w:]+)/g)].map(({ 1: name = '' }) => name);
    expect(asked.filter((name) => !(name in scripts))).toEqual([]);
  });
});
