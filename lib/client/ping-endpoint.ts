import type { MaintenanceKeyJson, MaintenanceUpcoming } from '../core/keys/maintenance-key-json.js';
import type { MaintenanceVisibleProgress } from '../core/progress/maintenance-progress.js';

/** What the ping endpoint says, as far as it matters here. */
export interface PingState {
  maintenanceMode: boolean;
  retryAfter?: number;
  until?: string | null;
  error?: string;
  progress?: MaintenanceVisibleProgress;
  upcoming?: MaintenanceUpcoming[];
  maintenance?: Record<string, MaintenanceKeyJson>;
}

/** What came back from where the ping endpoint should be. */
export interface PingAnswer {
  /** Status code. */
  readonly code: number;
  /** `null`: whoever answers there knows nothing of maintenance, as a proxy before a server that is down. */
  readonly state: PingState | null;
}

/** Asks the ping endpoint, which answers for this very visitor; rejects when nobody answers. */
export async function askPingEndpoint(url: string, patience: number): Promise<PingAnswer> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    cache: 'no-store',
    credentials: 'same-origin',
    signal: AbortSignal.timeout(patience),
  } as RequestInit);
  const text = await response.text();
  let state: Partial<PingState> | null = null;
  try {
    state = JSON.parse(text) as Partial<PingState> | null;
  } catch {
    // a page of somebody else's
  }
  const known = state !== null && typeof state.maintenanceMode === 'boolean';
  return { code: response.status, state: known ? (state as PingState) : null };
}
