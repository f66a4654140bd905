import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as library from '../../lib/index.js';
import { MaintenanceKey } from '../../lib/core/keys/maintenance-key.js';
import { STRUCTURAL_DEFAULTS } from '../../lib/options/structural-options.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { diagnose } from '../support/compile-sources.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = /^ *\* @example\n *\* ```ts\n(.*?)^ *\* ```$/gms;

/** What examples leave to their reader to have. */
const READERS = `
  declare const service: import('nestjs-maintenance').MaintenanceService;
  declare const rows: string[];
  declare class WebhookController {}
  declare class AppModule {}
  declare class StaffService { isFinance(user: unknown): boolean }
  declare class MailProcessor {}
  declare class InvoicesProcessor {}
  interface Request { user?: unknown }
  declare function importAll(options: { signal: AbortSignal }): Promise<void>;
  declare function importRow(row: string): Promise<void>;
  declare function sendInvoices(): Promise<void>;
  declare function migrate(): Promise<void>;
  declare function render(mode: boolean, message: string | null): void;
`;

/** The exports that examples use, by module. */
const EXPORTS: Readonly<Record<string, readonly string[]>> = {
  'nestjs-maintenance': [...Object.keys(library), 'type MaintenanceChange'],
  'nestjs-maintenance/bullmq': ['MaintenanceBullModule'],
  'nestjs-maintenance/standalone': ['createMaintenance'],
  '@nestjs/common': [...Object.keys(common), 'type ExecutionContext'],
  '@nestjs/core': Object.keys(core),
  '@nestjs/bullmq': ['BullModule'],
  '@nestjs/schedule': ['Cron'],
};

/** A module out of an example: with the imports that it leaves out, and a class around methods. */
function moduleOf(example: string): string {
  const isMethod = example.startsWith('@') && !/\bclass\b/.test(example);
  const code = isMethod
    ? `export class Example {\n  private readonly checkout = { isBusy: true };\n${example}}\n`
    : example;
  const lines = Object.entries(EXPORTS).map(([from, names]) => {
    const used = names.filter((name) => {
      const bare = name.replace('type ', '');
      return (
        new RegExp(`\\b${bare}\\b`).test(code) &&
        !new RegExp(`import .*\\b${bare}\\b|class ${bare}\\b`).test(code)
      );
    });
    return `import { ${used.join(', ')} } from '${from}';`;
  });
  return `${lines.join(' ')} ${code}\nexport {};\n`;
}

it('examples in TSDoc compile', () => {
  const sources = new Map([[`${root}lib/readers.d.ts`, READERS]]);
  const files = readdirSync(`${root}lib`, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(`${root}lib/${file}`, 'utf8');
    for (const { 1: quoted = '', index } of text.matchAll(EXAMPLE)) {
      const line = text.slice(0, index).split('\n').length;
      sources.set(
        `${root}lib/${file.replaceAll(/\W/g, '_')}-line-${line}.ts`,
        moduleOf(quoted.replaceAll(/^ *\* ?/gm, '')),
      );
    }
  }
  expect(sources.size).toBeGreaterThan(15);
  const errors = diagnose(sources, { noUnusedLocals: false }).map(
    ({ file, messageText }) =>
      `${file?.fileName.slice(root.length)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
  expect(errors).toEqual([]);
}, 120_000);

/** What TSDoc says is the default of each option. */
function defaultsOf(file: string, name: string): ReadonlyMap<string, string> {
  const source = ts.createSourceFile(file, readFileSync(root + file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = new Map<string, string>();
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name) {
      for (const member of statement.members) {
        const text = ts
          .getJSDocCommentsAndTags(member)
          .map((doc) => doc.getText())
          .join(' ');
        const [, given] = /\bDefault:? (.*?)\.(?:\s|$)/s.exec(text.replaceAll(/\s*\n\s*\* ?/g, ' ')) ?? [];
        found.set(member.name?.getText() ?? '', given ?? '');
      }
    }
  }
  return found;
}

it.each([
  ['lib/options/options.ts', 'MaintenanceModuleOptions', resolveOptions({})],
  ['lib/options/structural-options.ts', 'MaintenanceStructuralOptions', STRUCTURAL_DEFAULTS],
  ['lib/core/keys/maintenance-key-options.ts', 'MaintenanceKeyOptions', new MaintenanceKey('any')],
])('%s says the default of each option', (file, name, real) => {
  const said = defaultsOf(file, name);
  expect(said.size).toBeGreaterThan(5);
  const primitives = Object.entries(real).filter(
    ([option, value]) => said.has(option) && ['string', 'number', 'boolean'].includes(typeof value),
  );
  expect(primitives.length).toBeGreaterThan(3);
  const plain = (text = ''): string =>
    text
      .replaceAll('`', '')
      .replaceAll(/(?<=\d),(?=\d)/g, '')
      .replace('MONTH', String(library.MONTH));
  expect(primitives.map(([option]) => [option, plain(said.get(option))])).toEqual(
    primitives.map(([option, value]) => [option, DESCRIBED[option] ?? shown(value)]),
  );
});

/** Defaults that depend on something. */
const DESCRIBED: Readonly<Record<string, string>> = {
  onUnknown: 'the value of onStale',
  label: 'the name of the key',
  helpText: 'empty',
};
const shown = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value));
