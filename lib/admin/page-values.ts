import type { MaintenanceHistoryEntry } from '../core/history/maintenance-history-entry.js';
import { messageFrom, type MaintenanceText } from '../core/texts/maintenance-text.js';
import type { MaintenanceWindow } from '../core/windows/maintenance-window.js';
import type { PageValue } from './page-data.js';

/** What an entry of the history has changed, from what to what: of the key, and of the planned window that it is about. */
export function describeValues(entry: MaintenanceHistoryEntry): PageValue[] {
  const { previous, planned } = entry;
  const ofKey = entry.event === 'scheduled' || entry.event === 'cancelled' ? [] : valuesOfKey(entry);
  const ofWindow = planned === undefined ? [] : valuesOfWindow(previous.planned ?? null, planned);
  return [...ofKey, ...ofWindow].filter(({ before, after }) => before !== after);
}

function valuesOfKey(entry: MaintenanceHistoryEntry): PageValue[] {
  const { previous, cause, event, from, until } = entry;
  // what a job says is what visitors read only where nothing else keeps the key on
  const isSaid = !from || (cause !== 'maintain' && cause !== 'release');
  return [
    ...(isSaid ? [text('message', messageFrom(previous), messageFrom(entry))] : []),
    { name: 'until', kind: 'time', before: iso(previous.until), after: iso(until) },
    // who did it and why stands beside the event; what it was before only where the key stays on
    ...(event === 'changed' && isSaid ? [text('reason', previous.reason, entry.reason)] : []),
  ];
}

function valuesOfWindow(before: MaintenanceWindow | null, after: MaintenanceWindow | null): PageValue[] {
  const both = <T>(read: (window: MaintenanceWindow) => T | null) => ({
    before: before && read(before),
    after: after && read(after),
  });
  const length = (
    name: PageValue['name'],
    read: (window: MaintenanceWindow) => number | false,
  ): PageValue => ({
    name,
    kind: 'length',
    ...both((window) => String(read(window) || '') || null),
  });
  return [
    { name: 'valuePeriod', kind: 'time', ...both(({ start, end }) => `${iso(start)}/${iso(end)}`) },
    {
      name: 'valueRepeats',
      kind: 'text',
      ...both(({ repeat }) => repeat && `${repeat.cron} (${repeat.timeZone})`),
    },
    length('valueAnnounced', ({ announce }) => announce),
    length('valueReadOnly', ({ readOnly }) => readOnly),
    length('valueReopens', ({ reopenOver }) => reopenOver),
    {
      name: 'valueAnnouncement',
      kind: 'text',
      ...both(({ announcement, announcements }) => write(announcements ?? announcement)),
    },
    { name: 'message', kind: 'text', ...both((window) => write(messageFrom(window))) },
    { name: 'reason', kind: 'text', ...both(({ reason }) => reason) },
    {
      name: 'valueCancelled',
      kind: 'times',
      ...both(({ cancelled }) => cancelled.map(iso).join(' ') || null),
    },
  ];
}

const iso = (instant: Date | null): string | null => instant?.toISOString() ?? null;

const text = (
  name: PageValue['name'],
  before: MaintenanceText | null,
  after: MaintenanceText | null,
): PageValue => ({ name, kind: 'text', before: write(before), after: write(after) });

/** In all its languages. */
const write = (message: MaintenanceText | null): string | null =>
  message === null || typeof message === 'string'
    ? message
    : Object.entries(message)
        .map(([language, said]) => (language === '' ? said : `${language}: ${said}`))
        .join('\n');
