import { existsSync, readFileSync } from 'node:fs';

/** The version of this package, as the nearest package.json with one says. */
export function readVersion(from: string | URL = import.meta.url): string {
  for (let folder = new URL('.', from); ; folder = new URL('..', folder)) {
    const manifest = new URL('package.json', folder);
    const { version } = (existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {}) as {
      version?: string;
    };
    if (version !== undefined) {
      return version;
    }
    if (folder.pathname === '/') {
      return 'unknown';
    }
  }
}
