import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { MaintenanceProgress } from '../../core/progress/maintenance-progress.js';
import { percentOf } from '../../core/progress/percent.js';
import type { Backend } from '../backend/backend.js';
import { defaultActor } from '../cli.js';
import { counted, plain, type Column, type Output } from '../output.js';
import { usage } from '../exit.js';
import { formatMoment, formatRoughly } from '../time.js';

/** The state of a key in a word. */
export function stateOf({ value, phase, abandoned, progress }: MaintenanceKeyJson): string {
  if (abandoned) {
    return 'abandoned';
  }
  const closed = phase === 'readOnly' ? 'read-only' : 'closed';
  if (!value) {
    return phase === 'reopening' || phase === 'announced' ? phase : 'open';
  }
  return progress ? `${closed} ${percentOf(progress.value)} %` : closed;
}

export const KEY_COLUMNS: readonly Column<MaintenanceKeyJson>[] = [
  { title: 'KEY', value: ({ name }) => name, shrinks: true },
  {
    title: 'STATE',
    value: stateOf,
    style: (key) => (key.abandoned ? 'red' : key.value ? 'yellow' : 'green'),
  },
  { title: 'UNTIL', value: endOf },
  {
    title: 'BY',
    value: ({ actor, holder }) => actor ?? (holder ? `${holder.host}:${holder.pid}` : ''),
    shrinks: true,
  },
  { title: 'MESSAGE', value: ({ message, reason }) => message ?? reason ?? '', shrinks: true },
];

function endOf({ value, until, endsAt }: MaintenanceKeyJson): string {
  if (!value) {
    return '';
  }
  return until ? formatMoment(until) : endsAt ? `(${formatMoment(endsAt)})` : 'never';
}

/** How far the work of a holder is, in words. */
export function describeProgress({
  value,
  done,
  total,
  step,
  remaining,
  overrun,
}: MaintenanceProgress): string {
  const count = done !== null && total !== null ? ` (${done} of ${total})` : '';
  const left = remaining === null ? '' : `, about ${formatRoughly(remaining)} left`;
  return `${percentOf(value)} % done${count}${step ? `: ${step}` : ''}${left}${overrun ? ', later than expected' : ''}`;
}

/** One key in a sentence. Numbers are no more than text either: something else may pose as an admin API. */
export const describeKey = (key: MaintenanceKeyJson): string => plain(sentenceOf(key));

function sentenceOf(key: MaintenanceKeyJson): string {
  const { name, value, until, endsAt, holder, abandoned, upcoming: [next] = [] } = key;
  if (key.reopening) {
    return `${name} is reopening gradually until ${formatMoment(key.reopening.until)}.`;
  }
  if (!value) {
    return `${name} is open${next ? `, until maintenance begins at ${formatMoment(next.start)}` : ''}.`;
  }
  const end = until ?? endsAt;
  const when = end ? ` until ${formatMoment(end)}${until ? '' : ' at the latest'}` : ', without an end';
  const who = holder
    ? `, held by ${holder.host} (pid ${holder.pid})${abandoned ? ', which is gone' : ''}`
    : '';
  const far = key.progress ? `, ${describeProgress(key.progress)}` : '';
  const state = key.phase === 'readOnly' ? 'read-only' : 'in maintenance';
  return `${name} is ${state}${when}${who}${far}.`;
}

/** What a change would concern, for `--dry-run` and for questions. */
export async function whatIsConcerned(
  backend: Backend,
  name: string,
): Promise<{ key: MaintenanceKeyJson; replicas: { id: string; host: string; pid: number }[] }> {
  const key = await backend.key(name);
  const replicas = await backend.replicas();
  return {
    key,
    replicas: replicas.filter(({ observer }) => !observer).map(({ id, host, pid }) => ({ id, host, pid })),
  };
}

/** Routes that are named in a text. */
const NAMED = 20;

export async function printDryRun(
  out: Output,
  does: string,
  { key, replicas }: Awaited<ReturnType<typeof whatIsConcerned>>,
  backend: Backend,
): Promise<void> {
  const routes = await backend.routes(key.name);
  const scope =
    key.scope === 'site'
      ? 'all handlers except exempt ones'
      : `handlers marked with @MaintenanceKeys('${plain(key.name)}')`;
  const json = { dryRun: true, does, key, replicas, ...(routes && { routes }) };
  out.result(json, () => {
    out.line(`Would ${does}. Nothing was changed.`);
    out.line(`  now       ${describeKey(key)}`);
    out.line(`  affects   ${scope}${key.readOnly ? ', except those that only read' : ''}`);
    const hosts = replicas.map(({ host, pid }) => plain(`${host}:${pid}`));
    out.line(`  replicas  ${hosts.length === 0 ? 'none is running' : hosts.join(', ')}`);
    if (routes) {
      printRoutes(out, 'refuses', routes.closes);
      printRoutes(out, 'leaves open', routes.staysOpen);
    }
  });
}

function printRoutes(out: Output, what: string, routes: readonly string[]): void {
  out.line(`  ${what}: ${routes.length === 0 ? 'nothing' : counted(routes.length, 'route')}`);
  routes.slice(0, NAMED).forEach((route) => out.line(`    ${plain(route)}`));
  if (routes.length > NAMED) {
    out.line(`    … and ${routes.length - NAMED} more: --json lists all`);
  }
}

/** Options that only Redis can do. @throws CliError */
export function checkWay(
  { way }: Backend,
  { acknowledge, hooks }: { readonly acknowledge?: string; readonly hooks?: boolean },
): void {
  if (way === 'api' && (acknowledge !== undefined || hooks === false)) {
    const option = acknowledge === undefined ? '--no-hooks' : '--acknowledge';
    throw usage(`${option} works with --redis only: the admin API has no such option. Nothing was changed.`);
  }
}

/** Who makes a change: the admin API knows by itself who asks, and believes nobody else. */
export function actorOf(
  { way }: Backend,
  { actor }: { readonly actor?: string },
  out: Output,
): string | undefined {
  if (way === 'redis') {
    return actor ?? defaultActor();
  }
  if (actor !== undefined) {
    out.warn('--actor was not recorded: with --url, the application records the signed-in user.');
  }
  return undefined;
}

/** What is about to be done, as a question. */
export const asQuestion = (does: string): string => `${does.charAt(0).toUpperCase()}${does.slice(1)}?`;

/** Vetoes are asked for by an application, not by its Redis. */
export const VETOES =
  'Vetoes were not asked: "changing" hooks of the application are called with --url only.';

export function noteVetoes({ way }: Backend, out: Output): void {
  if (way === 'redis' && !out.json) {
    out.note(VETOES);
  }
}
