/** Aborts with the first Ctrl-C, or when the process is asked to end; a second one ends it at once. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => controller.abort());
  }
  return controller.signal;
}
