import type { Rule } from './checker.js';
import type { Line } from './history.js';

/** What nobody repeats for who did not answer: a job, an event. */
const KINDS = ['/queued', '/event'];

type Entry = Line & { e: 'enter' };

/** No job and no event is handled twice, unless the process that had it died: it may not have come to saying so. */
export const once: Rule = ({ lines, deaths }) => {
  const seen = new Map<string, Entry>();
  return lines.flatMap((line) => {
    if (line.e !== 'enter' || !KINDS.some((kind) => line.route.endsWith(kind))) {
      return [];
    }
    const first = seen.get(line.call);
    seen.set(line.call, line);
    return first && line.t < (deaths.get(first.p) ?? Infinity)
      ? [{ rule: 'once', text: `${line.call} was handled twice`, lines: [first, line] }]
      : [];
  });
};

/** Each job and each event that was handed in is handled by the end. */
export const kept: Rule = ({ lines }) => {
  const handled = new Set(lines.flatMap((line) => (line.e === 'enter' ? [line.call] : [])));
  return lines.flatMap((line) =>
    line.e === 'handed' && !handled.has(line.call)
      ? [{ rule: 'kept', text: `${line.call} was never handled`, lines: [line] }]
      : [],
  );
};
