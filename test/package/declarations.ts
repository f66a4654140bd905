import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** The packages that a file mentions, in whatever way. */
export function packagesIn(file: string): string[] {
  return namesIn(file)
    .filter((name) => !name.startsWith('.'))
    .map(packageOf);
}

function namesIn(file: string): string[] {
  const info = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return [...info.importedFiles, ...info.typeReferenceDirectives].map(({ fileName }) => fileName);
}

/** Every package that a declaration file mentions, itself or through the files that it imports. */
export function mentionedPackages(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  for (const name of namesIn(file)) {
    const found = name.startsWith('.')
      ? mentionedPackages(join(dirname(file), name.replace(/\.js$/, '.d.ts')), seen)
      : [packageOf(name)];
    for (const each of found) packages.add(each);
  }
  return packages;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
