import type { MountedPaths } from '../http/mounted-path.js';

/** What the page's script asks for: the beginning of each path, and a parameter after it. */
const ASKED = {
  'admin/state': '',
  'admin/ticket': '',
  'admin/undo/': ':id',
  'keys/': ':name',
  'windows/': ':id',
  script: '',
} as const;

/** Routes that are not beside the page, since a global prefix excludes only some of them. Relative, as a proxy may strip a part. */
export function routesElsewhere(paths: Pick<MountedPaths, 'local'>): Record<string, string> {
  const page = paths.local('admin');
  const elsewhere: Record<string, string> = {};
  for (const [start, parameter] of Object.entries(ASKED)) {
    const local = paths.local(start + parameter).slice(0, -parameter.length || undefined);
    if (local !== page.replace(/[^/]*$/, start)) {
      elsewhere[start] = relativePath(page, local);
    }
  }
  return elsewhere;
}

function relativePath(from: string, to: string): string {
  const [here, there] = [from.split('/').slice(0, -1), to.split('/')];
  const fork = here.findIndex((segment, index) => segment !== there[index]);
  const common = fork === -1 ? here.length : fork;
  return '../'.repeat(here.length - common) + there.slice(common).join('/');
}
