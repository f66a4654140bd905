import type { MaintenanceStatusMessage } from 'nestjs-maintenance/client';
import { get, type IncomingMessage } from 'node:http';
import type { RunningApp } from '../support/apps.js';
import { until } from '../support/until.js';

/** Listens to server-sent events as a browser does. */
export class Listener implements Disposable {
  readonly statuses: MaintenanceStatusMessage[] = [];
  text = '';
  ended = false;

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      this.text += chunk;
      const events = this.text.split('\n\n').slice(0, -1);
      const data = events.flatMap((event) => /^data: (.+)$/m.exec(event)?.[1] ?? []);
      this.statuses.splice(0, Infinity, ...data.map((json) => JSON.parse(json) as MaintenanceStatusMessage));
    });
    response.on('end', () => (this.ended = true));
    response.on('error', () => undefined);
  }

  static open({ port }: RunningApp, headers: Record<string, string> = {}): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const path = '/maintenance/events';
      const options = { host: '127.0.0.1', port, path, headers: { accept: 'text/event-stream', ...headers } };
      get({ ...options, agent: false }, (response) => resolve(new Listener(response))).on('error', reject);
    });
  }

  told(times: number): Promise<MaintenanceStatusMessage[]> {
    return until(() => (this.statuses.length >= times ? this.statuses : undefined), {
      what: `status number ${times}`,
    });
  }

  get last(): MaintenanceStatusMessage | undefined {
    return this.statuses.at(-1);
  }

  [Symbol.dispose](): void {
    this.response.destroy();
  }
}
