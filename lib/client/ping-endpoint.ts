import type { MaintenanceKeyJson, MaintenanceUpcoming } from '../core/keys/maintenance-key-json.js';
import type { MaintenanceVisibleProgress } from '../core/progress/maintenance-progress.js';

/** The part of the ping endpoint's answer that matters here. */
export interface PingState {
  maintenanceMode: boolean;
  retryAfter?: number;
  until?: string | null;
  error?: string;
  progress?: MaintenanceVisibleProgress;
  upcoming?: MaintenanceUpcoming[];
  maintenance?: Record<string, MaintenanceKeyJson>;
}

/** The response from the address of the ping endpoint. */
export interface PingAnswer {
  /** Status code. */
  readonly code: number;
  /** `null`: the responder knows nothing of maintenance, such as a proxy before a server that is down. */
  readonly state: PingState | null;
}

/** Asks the ping endpoint, which answers for this very visitor; rejects if there is no answer. */
export async function askPingEndpoint(url: string, patience: number): Promise<PingAnswer> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    cache: 'no-store',
    signal: AbortSignal.timeout(patience),
  } as RequestInit);
  const text = await response.text();
  let state: Partial<PingState> | null = null;
  try {
    state = JSON.parse(text) as Partial<PingState> | null;
  } catch {
    // a page of somebody else's
  }
  const known = typeof state?.maintenanceMode === 'boolean';
  return { code: response.status, state: known ? (state as PingState) : null };
}
