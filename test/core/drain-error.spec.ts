import { MaintenanceDrainError, type MaintenanceUndrainedReplica } from 'nestjs-maintenance';
import { expect, it } from 'vitest';

const replica = (over: Partial<MaintenanceUndrainedReplica>): MaintenanceUndrainedReplica => ({
  id: 'r',
  host: 'web-2',
  pid: 7,
  routes: [],
  silentFor: 0,
  connection: 'open',
  inFlight: 0,
  knowsKey: true,
  ...over,
});

// what a silent replica has begun since its last report is not known
it.each([
  [
    { silentFor: 4_000, inFlight: 3 },
    'web-2 has been silent for 4 s, its connection is open; 3 requests were running at its last report',
  ],
  [
    { silentFor: 400, inFlight: 1, connection: 'unknown' },
    'web-2 has been silent for 1 s, whether its connection is open is unknown; 1 request was running at its last report',
  ],
  [{ silentFor: 4_000 }, 'its connection is open; 0 requests were running at its last report'],
  [{ silentFor: 4_000, inFlight: null }, 'what it was running is unknown'],
  [{ routes: ['GET /orders'], inFlight: 1 }, 'web-2 still serves GET /orders'],
  [{ knowsKey: false }, 'web-2 does not know key billing'],
  [{ inFlight: null }, 'web-2 sends reports that this version cannot read'],
  [{}, 'web-2 did not acknowledge'],
] as const)('the error of a drain says of a replica %o: %s', (over, sentence) => {
  expect(new MaintenanceDrainError('billing', [replica(over)], 6_000).message).toContain(
    `${sentence} (replica r, pid 7)`,
  );
});
