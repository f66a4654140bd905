import { CliError } from '../exit.js';
import { formatMoment } from '../time.js';
import type { Backend, Finding, StoreState } from './backend.js';
import { findingsOfKeys, findingsOfReplicas } from './findings.js';
import { findingsOfWindows } from './window-findings.js';

export const OUT_OF_TOUCH = 'The application has lost touch with its store';

const NOT_SEEN: Finding = {
  level: 'note',
  code: 'NOT_SEEN',
  message:
    'The admin API says nothing about Redis itself: memory policy, persistence, permissions, speed, published keys. If the application uses Redis, also run: doctor --redis <url>.',
};

/** What is wrong, as far as the application knows. */
export async function inspectApi(backend: Backend): Promise<Finding[]> {
  const begun = performance.now();
  const keys = await backend.keys();
  const answered = Math.round(performance.now() - begun);
  return [
    { level: 'ok', code: 'REACHED', message: `${backend.place} answers (${answered} ms).` },
    ...findingsOfKeys(keys),
    ...findingsOfWindows(await backend.windows()),
    ...findingsOfTouch(backend.store()),
    ...(await backend.replicas().then(findingsOfReplicas, unreadable)),
    NOT_SEEN,
  ];
}

/** An application that has lost its store goes on with the last known state. */
function findingsOfTouch({ up, since }: StoreState): Finding[] {
  return up || since === null
    ? []
    : [
        {
          level: 'problem',
          code: 'NOT_IN_TOUCH',
          message: `${OUT_OF_TOUCH} (since ${formatMoment(since)}); its log says why. Keys and windows are shown in their last known state.`,
        },
      ];
}

/** Without its store, an application does not know of other replicas. */
function unreadable(error: unknown): Finding[] {
  if (!(error instanceof CliError) || error.code !== 'MAINTENANCE_STORE') {
    throw error;
  }
  return [
    { level: 'note', code: 'NO_REPLICAS_KNOWN', message: 'The replicas cannot be listed at the moment.' },
  ];
}
