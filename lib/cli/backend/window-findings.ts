import { findOverlap } from '../../core/windows/overlaps.js';
import type { WindowRecord } from '../../core/windows/window-record.js';
import { formatMoment } from '../time.js';
import type { Finding } from './backend.js';
import type { WindowJson } from './json.js';

/** Problems of planned windows, in plain words. */
export function findingsOfWindows(windows: readonly WindowJson[]): Finding[] {
  return windows.flatMap((window, index) =>
    windows
      .slice(index + 1)
      .filter(({ key }) => key === window.key)
      .flatMap((other) => {
        const overlap = findOverlap(asRecord(window), asRecord(other), Date.now());
        const from = overlap && Math.max(overlap[0].start, overlap[1].start);
        return from === undefined
          ? []
          : [
              {
                level: 'warning' as const,
                code: 'WINDOWS_OVERLAP',
                message: `Windows ${window.id} and ${other.id} of key "${window.key}" overlap at ${formatMoment(new Date(from))}: the key stays on until both are over.`,
              },
            ];
      }),
  );
}

/** The part of its record that says when it is on. */
function asRecord(window: WindowJson): WindowRecord {
  const { start, end, duration, repeat, cancelled } = window;
  const begins = Date.parse(start);
  const until = repeat?.until ? Date.parse(repeat.until) : null;
  // one that was ended early is shorter than its planned length
  const ended = [
    ...cancelled.map((at) => [Date.parse(at), Date.parse(at)] as const),
    [begins, Date.parse(end)] as const,
  ];
  return {
    ...window,
    start: begins,
    duration,
    repeat: repeat && { cron: repeat.cron, timeZone: repeat.timeZone, last: until, until, count: null },
    announce: null,
    ended,
  };
}
