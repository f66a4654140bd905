/** Whether two paths lead to the same page as far as routers are concerned. */
export const samePath = (one: string, other: string): boolean => plain(one) === plain(other);

function plain(path: string): string {
  const [bare = ''] = path.split(/[?#]/, 1);
  let decoded = bare;
  try {
    decoded = decodeURIComponent(bare);
  } catch {
    // compared as it is
  }
  return decoded
    .toLowerCase()
    .replace(/\/+/g, '/')
    .replace(/(.)\/$/, '$1');
}
